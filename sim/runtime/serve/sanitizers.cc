// What the sanitizers call, and ask, at a report and at the program's end. On the thread that has
// control, in the middle of whatever it was doing.
#include "sim/runtime/serve/sanitizers.h"

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/serve/fork_server.h"

namespace heddle::sim::runtime {
namespace {

// A check is a fork that reads all memory in use, as long as some hundred executions in a worker.
// What most schedules leak is found by the first ones; so that a long campaign does not spend most
// of its time on them, they come more rarely then. By the number of the execution alone: it is the
// same with workers and without.
constexpr uint64_t kLeakChecksOften = 64, kLeakChecksRarer = 16;

}  // namespace

bool EndsInLeakCheck(uint64_t execution) {
  uint64_t every = kernel.control->spec.leak_check_every;
  if (every > 1 && execution >= kLeakChecksOften * every) every *= kLeakChecksRarer;
  return kIsAsan && every != 0 && execution % every == 0;
}

}  // namespace heddle::sim::runtime

// AddressSanitizer asks before its leak check. It reads all memory that is in use: several times
// the cost of a short execution. Weak, so that a program's own answer counts.
extern "C" __attribute__((visibility("default"), weak)) int __lsan_is_turned_off() {
  if (!heddle::sim::runtime::IsServed()) return 0;
  if (heddle::sim::runtime::InChildProcess()) return 1;  // the parent's memory is its own to check
  const heddle::sim::Control& control = *heddle::sim::runtime::kernel.control;
  // It traces the process itself, which under a debugger cannot be.
  if (control.debugger == heddle::sim::Debugger::kStarts) return 1;
  return control.replay_steps == 0 && !heddle::sim::runtime::EndsInLeakCheck(control.execution);
}

extern "C" __attribute__((visibility("default"))) void __tsan_on_report(void*) {
  heddle::sim::runtime::NoteSanitizerReport();
}
extern "C" __attribute__((visibility("default"))) void __asan_on_error() {
  heddle::sim::runtime::tls_self = nullptr;  // the end; what it does on its way out is no schedule
  heddle::sim::runtime::NoteSanitizerReport();
}
extern "C" __attribute__((visibility("default"))) void __ubsan_on_report() {
  heddle::sim::runtime::NoteSanitizerReport();
}
