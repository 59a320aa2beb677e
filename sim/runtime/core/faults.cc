#include "sim/runtime/core/faults.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/runtime.h"

namespace heddle::sim {
namespace runtime {
namespace {

// What the running thread does meets no faults.
constinit thread_local bool tls_faultless __attribute__((tls_model("initial-exec"))) = false;

bool IsListed(const Fault& fault) {
  const Control& control = *kernel.control;
  KERNEL_CHECK(control.follow_count <= kMaxFaults, "the faults to follow fit into the list");
  for (uint32_t i = 0; i < control.follow_count; ++i) {
    if (control.follow[i] == fault) return true;
  }
  return false;
}

}  // namespace

bool Faultless() { return tls_faultless; }
void SetFaultless(bool faultless) { tls_faultless = faultless; }

void ResetFaults(const Random& random) {
  Control* control = kernel.control;
  kernel.faults.random = random;
  for (uint64_t& occasions : kernel.faults.occasions) occasions = 0;
  control->fault_count = 0;
  kernel.faults.any =
      control->follow_faults != 0 ? control->follow_count != 0 : AnyFault(control->spec.faults);
}

bool DecideFault(Thread* self, FaultKind kind) {
  if (tls_faultless) return false;
  const auto index = static_cast<size_t>(kind);
  Control* control = kernel.control;
  const Fault fault = {kind, self->number, ++self->fault_occasions[index]};
  const uint64_t occasion = ++kernel.faults.occasions[index];
  const FaultRule rule = control->spec.faults[index];
  bool comes;
  if (control->follow_faults != 0) {
    comes = IsListed(fault);
  } else if (rule.nth != 0) {
    comes = occasion == rule.nth;
  } else {
    comes = rule.per_million != 0 && kernel.faults.random.Below(1'000'000) < rule.per_million;
  }
  KERNEL_CHECK(control->fault_count <= kMaxFaults, "the faults that came fit into the list");
  if (!comes || control->fault_count == kMaxFaults) return false;
  control->injected[control->fault_count++] = fault;
  ++control->fault_totals[index];
  return true;
}

size_t ShortenedSize(const Thread* self, FaultKind kind, size_t size) {
  KERNEL_CHECK(size > 1, "only what moves more than one byte can be shortened");
  const uint64_t occasion = self->fault_occasions[static_cast<size_t>(kind)];
  Random random(uint64_t{self->number} << 32 | occasion);
  return 1 + random.Below(static_cast<uint32_t>(size - 1 < UINT32_MAX ? size - 1 : UINT32_MAX));
}

}  // namespace runtime

FaultScope::FaultScope(bool faults) : before_(!runtime::Faultless()) {
  runtime::SetFaultless(!faults);
}
FaultScope::~FaultScope() { runtime::SetFaultless(!before_); }

}  // namespace heddle::sim
