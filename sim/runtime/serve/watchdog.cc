#include "sim/runtime/serve/watchdog.h"

#include <signal.h>
#include <sys/syscall.h>

#include <cstdio>

#include "sim/protocol/system_calls.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)

namespace heddle::sim::runtime {
namespace {

// In a signal handler, between any two instructions of the thread that has control: reads the
// kernel's state as it is, switches to nobody.
void OnWatchdog(int) {
  if (KernelThreadId() != kernel.carrier.kernel_id && !kernel.carrier.baton) {
    RawSyscall(SYS_tgkill, kernel.carrier.process, kernel.carrier.kernel_id, kWatchdogSignal);
    return;
  }
  const Control& control = *kernel.control;
  const bool late = control.time_limit_ms != 0 && control.late_execution == control.execution;
  // It may have gone on in the meantime.
  if (!kernel.execution.active || (!late && kernel.log.points != control.stalled_at)) return;
  if (kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork("");
  tls_self = nullptr;
  const Thread* current = kernel.threads.current;
  const auto kind = late ? FailureKind::kTimeLimit : FailureKind::kUncontrolled;
  char message[256];
  const int64_t call = control.stalled_call;
  if (late) {
    snprintf(message, sizeof message,
             "the execution took more than %lu ms of real time; thread %u runs, after its %s",
             static_cast<unsigned long>(control.time_limit_ms), current->number,
             OpKindName(current->pending.kind));
  } else if (call == kNoCall) {
    snprintf(message, sizeof message,
             "thread %u has not reached a schedule point for %u seconds after its %s: it spins or "
             "blocks in code that is not instrumented",
             current->number, control.spec.watchdog_seconds, OpKindName(current->pending.kind));
  } else {
    const SystemCallEntry* entry = FindSystemCall(call);
    snprintf(message, sizeof message,
             "thread %u blocks in the system call %s after its %s: code that is not instrumented "
             "made it, past the functions that Heddle models",
             current->number, entry != nullptr ? entry->name : "(unknown)",
             OpKindName(current->pending.kind));
  }
  dprintf(2, "heddle: %s: %s\n", FailureKindName(kind), message);
  kernel.execution.active = false;
  RecordFinding(kind, message, false);
  RawSyscall(SYS_exit_group, kFindingExitStatus);
}

}  // namespace

void CatchWatchdog() {
  struct sigaction action = {};
  action.sa_handler = OnWatchdog;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  LIBC(sigaction)(kWatchdogSignal, &action, nullptr);
}

}  // namespace heddle::sim::runtime
