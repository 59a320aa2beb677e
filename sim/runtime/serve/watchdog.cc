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
  // It may have gone on in the meantime.
  if (!kernel.execution.active || kernel.log.points != kernel.control->stalled_at) return;
  tls_self = nullptr;
  const Thread* current = kernel.threads.current;
  char message[256];
  const int64_t call = kernel.control->stalled_call;
  if (call == kNoCall) {
    snprintf(message, sizeof message,
             "thread %u has not reached a schedule point for %u seconds after its %s: it spins or "
             "blocks in code that is not instrumented",
             current->number, kernel.control->spec.watchdog_seconds,
             OpKindName(current->pending.kind));
  } else {
    const SystemCallEntry* entry = FindSystemCall(call);
    snprintf(message, sizeof message,
             "thread %u blocks in the system call %s after its %s: code that is not instrumented "
             "made it, past the functions that Heddle models",
             current->number, entry != nullptr ? entry->name : "(unknown)",
             OpKindName(current->pending.kind));
  }
  dprintf(2, "heddle: %s: %s\n", FailureKindName(FailureKind::kUncontrolled), message);
  kernel.execution.active = false;
  RecordFinding(FailureKind::kUncontrolled, message, false);
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
