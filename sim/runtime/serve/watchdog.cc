#include "sim/runtime/serve/watchdog.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cstdio>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)

namespace heddle::sim::runtime {
namespace {

// A real-time signal that neither glibc (32 to 34) nor the sanitizers use, and a program hardly:
// those that use any begin at SIGRTMIN or end at SIGRTMAX. debug.py names it too.

constinit uint64_t points_seen = 0;
constinit uint32_t idle_seconds = 0;
constinit uint32_t most_idle_seconds = 0;

// In a signal handler, between any two instructions of the thread that has control: reads the
// kernel's state as it is, switches to nobody.
void OnWatchdog(int) {
  if (KernelThreadId() != kernel.carrier.kernel_id && !kernel.carrier.baton) {
    RawSyscall(SYS_tgkill, kernel.carrier.process, kernel.carrier.kernel_id, kWatchdogSignal);
    return;
  }
  if (!kernel.execution.active || kernel.log.points != points_seen) {
    points_seen = kernel.log.points;
    idle_seconds = 0;
    return;
  }
  if (++idle_seconds < most_idle_seconds) return;
  tls_self = nullptr;
  const Thread* current = kernel.threads.current;
  char message[256];
  snprintf(message, sizeof message,
           "thread %u has not reached a schedule point for %u seconds after its %s: it spins or "
           "blocks in code that is not instrumented",
           current->number, most_idle_seconds, OpKindName(current->pending.kind));
  dprintf(2, "heddle: %s: %s\n", FailureKindName(FailureKind::kUncontrolled), message);
  kernel.execution.active = false;
  RecordFinding(FailureKind::kUncontrolled, message, false);
  RawSyscall(SYS_exit_group, kFindingExitStatus);
}

}  // namespace

void StartWatchdog(uint32_t seconds) {
  if (seconds == 0) return;
  most_idle_seconds = seconds;
  idle_seconds = 0;
  points_seen = 0;
  struct sigaction action = {};
  action.sa_handler = OnWatchdog;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  LIBC(sigaction)(kWatchdogSignal, &action, nullptr);
  struct sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = kWatchdogSignal;
  int timer = 0;
  RawSyscall(SYS_timer_create, CLOCK_MONOTONIC, reinterpret_cast<long>(&event),
             reinterpret_cast<long>(&timer));
  const struct itimerspec every_second = {{1, 0}, {1, 0}};
  RawSyscall(SYS_timer_settime, timer, 0, reinterpret_cast<long>(&every_second), 0);
}

}  // namespace heddle::sim::runtime
