// What the sanitizers call, and ask, at a report and at the program's end. On the thread that has
// control, in the middle of whatever it was doing.
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/serve/fork_server.h"

// AddressSanitizer asks before its leak check. It reads all memory that is in use: several times
// the cost of a short execution. Weak, so that a program's own answer counts.
extern "C" __attribute__((visibility("default"), weak)) int __lsan_is_turned_off() {
  if (!heddle::sim::runtime::IsServed()) return 0;
  if (heddle::sim::runtime::InChildProcess()) return 1;  // the parent's memory is its own to check
  const heddle::sim::Control& control = *heddle::sim::runtime::kernel.control;
  const bool sampled =
      control.spec.leak_check_every != 0 && control.execution % control.spec.leak_check_every == 0;
  // It traces the process itself, which under a debugger cannot be.
  if (control.debugger == heddle::sim::Debugger::kStarts) return 1;
  return control.replay_steps == 0 && !sampled;
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
