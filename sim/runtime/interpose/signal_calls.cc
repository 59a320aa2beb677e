// Sending signals: raise, kill, killpg, pthread_kill, pthread_sigqueue, sigqueue, tgkill; what is
// pending: sigpending (POSIX.1-2017, tgkill(2)). See signal_delivery.h.
//
// The process is alone in its group: killpg() of it, kill(0) and kill() of its group's number mean
// the process. Signals to child processes are core/child_processes.h's, those to strangers are
// refused.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/thread_pool.h"

HEDDLE_REAL(kill, int, int, int)
HEDDLE_REAL(killpg, int, int, int)
HEDDLE_REAL(raise, int, int)
HEDDLE_REAL(tgkill, int, int, int, int)
HEDDLE_REAL(pthread_kill, int, pthread_t, int)
HEDDLE_REAL(pthread_sigqueue, int, pthread_t, int, const sigval)
HEDDLE_REAL(sigqueue, int, int, int, const sigval)
HEDDLE_REAL(sigpending, int, sigset_t*)

namespace heddle::sim::runtime {
namespace {

constexpr int kMostSignal = 64;  // SIGRTMAX
bool IsNumber(int signal) { return signal >= 0 && signal <= kMostSignal; }

bool IsOwnProcess(int process) {
  return process == OwnProcessNumber() || process == 0 || process == -OwnProcessNumber();
}

int Send(Thread* self, Thread* target, int signal, int code, sigval value = {}) {
  siginfo_t info = SignalInfo(signal, code);
  info.si_value = value;
  return SendSignal(self, target, info);
}

// 0 or an errno value.
int SendToThread(Thread* self, pthread_t handle, int signal, int code, sigval value = {}) {
  if (!IsNumber(signal)) return EINVAL;
  Thread* target = FindThread(handle);
  if (target == nullptr) {
    Fail(FailureKind::kMisuse, "signal to a thread that is not alive and was joined or detached");
  }
  if (signal == 0) return 0;
  if (IsModelled(signal)) return Send(self, target, signal, code, value);
  if (target != self) Unmodelled("pthread_kill (a signal to another thread)");
  return REAL(pthread_kill)(handle, signal);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, raise, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !IsModelled(signal)) return REAL(raise)(signal);
  return ErrnoResult(Send(self, self, signal, SI_TKILL));
}

INTERPOSE(int, kill, int process, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(kill)(process, signal);
  if (!IsNumber(signal)) return ErrnoResult(EINVAL);
  ChildProcess* child = FindChildProcess(process);
  if (child != nullptr && !IsOwnProcess(process)) {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    return ErrnoResult(SignalChildProcess(child, signal));
  }
  if (process == kProcessNumber && InChildProcess()) {
    if (signal == SIGKILL || signal == SIGSTOP) Unmodelled("kill (of the process that began)");
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    if (signal != 0) PostSignal(nullptr, signal, OwnProcessNumber());
    return 0;
  }
  if (!IsOwnProcess(process)) Unmodelled("kill (a signal to another process)");
  if (signal == 0) return 0;
  if (IsModelled(signal)) return ErrnoResult(Send(self, nullptr, signal, SI_USER));
  Uncontrolled scope;
  return REAL(kill)(kernel.carrier.process, signal);
}

INTERPOSE(int, killpg, int group, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(killpg)(group, signal);
  if (group < 0) return ErrnoResult(EINVAL);
  return heddle_kill(group == 0 ? 0 : -group, signal);
}

INTERPOSE(int, pthread_kill, pthread_t handle, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_kill)(handle, signal);
  return SendToThread(self, handle, signal, SI_TKILL);
}

INTERPOSE(int, pthread_sigqueue, pthread_t handle, int signal, const sigval value) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_sigqueue)(handle, signal, value);
  return SendToThread(self, handle, signal, SI_QUEUE, value);
}

INTERPOSE(int, sigqueue, int process, int signal, const sigval value) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigqueue)(process, signal, value);
  if (!IsNumber(signal)) return ErrnoResult(EINVAL);
  if (process != OwnProcessNumber()) Unmodelled("sigqueue (a signal to another process)");
  if (signal == 0) return 0;
  if (!IsModelled(signal)) return REAL(sigqueue)(kernel.carrier.process, signal, value);
  return ErrnoResult(Send(self, nullptr, signal, SI_QUEUE, value));
}

INTERPOSE(int, tgkill, int process, int number, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(tgkill)(process, number, signal);
  if (!IsNumber(signal) || process <= 0 || number <= 0) return ErrnoResult(EINVAL);
  Thread* target =
      process == OwnProcessNumber() ? const_cast<Thread*>(FindThreadById(number)) : nullptr;
  if (target == nullptr) return ErrnoResult(ESRCH);
  if (signal == 0) return 0;
  if (!IsModelled(signal)) {
    if (target != self) Unmodelled("tgkill (a signal to another thread)");
    return REAL(raise)(signal);
  }
  return ErrnoResult(Send(self, target, signal, SI_TKILL));
}

INTERPOSE(int, sigpending, sigset_t* set) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !SignalsAreModelled()) return REAL(sigpending)(set);
  PointOn(self, OpKind::kSignalWait, Access::kRead, kIoObject);
  const SignalSet pending = PendingFor(self) & self->own.signal_mask;
  sigemptyset(set);
  memcpy(set, &pending, sizeof pending);
  return 0;
}
