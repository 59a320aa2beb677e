#include "sim/runtime/interpose/spins.h"

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"

namespace heddle::sim::runtime {

constinit thread_local Spin tls_spin __attribute__((tls_model("initial-exec")));

void AfterSpinReads() {
  constexpr uint32_t kFirstWithSpins = 9;  // of the rules
  tls_spin.reads = 0;
  Thread* self = tls_self;
  if (self == nullptr || kernel.request.rules < kFirstWithSpins) return;
  // A loop that has points of its own needs none of ours.
  const bool spins = tls_spin.points == kernel.log.points;
  if (spins) AtPoint(self, OpKind::kYield, Access::kNone, nullptr);
  tls_spin.points = kernel.log.points;
}

}  // namespace heddle::sim::runtime
