// Sending signals: raise, kill, killpg, pthread_kill, pthread_sigqueue, sigqueue, tgkill; what is
// pending: sigpending (POSIX.1-2017, tgkill(2)). See signal_delivery.h.
//
// Signals to child processes are core/child_processes.h's. A group of processes is who the
// program's own numbers say (identity.cc): not what programs that run free start themselves.
// Signals to strangers are refused.
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

// No process of Linux has a higher number (PID_MAX_LIMIT).
constexpr int kMostProcess = 1 << 22;

bool IsOwnProcess(int process) {
  return process == OwnProcessNumber() || process == 0 || process == -OwnProcessNumber();
}

// A stop of the calling process, if there is one, shows at a point: it goes no farther.
void StayIfStopped(Thread* self) {
  const ChildProcess* own = OwnChildProcess();
  if (own != nullptr && own->stopped) PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
}

int StopOwnProcess(Thread* self) {
  if (!InChildProcess()) Unmodelled("a stop of the process that began");
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  StopChild(OwnChildProcess(), SIGSTOP);
  StayIfStopped(self);
  return 0;
}

int Send(Thread* self, Thread* target, int signal, int code, sigval value = {}) {
  siginfo_t info = SignalInfo(signal, code);
  info.si_value = value;
  const int error = SendSignal(self, target, info);
  StayIfStopped(self);
  return error;
}

// What kill() returns.
int SignalOwnProcess(Thread* self, int signal) {
  if (signal == 0) return 0;
  if (signal == SIGSTOP) return StopOwnProcess(self);
  if (SendingIsModelled(nullptr, signal)) {
    return ErrnoResult(Send(self, nullptr, signal, SI_USER));
  }
  Uncontrolled scope;
  return REAL(kill)(kernel.carrier.process, signal);
}

void SignalRoot(int signal) {
  if (signal == SIGKILL || signal == SIGSTOP) Unmodelled("kill (of the process that began)");
  if (signal != 0) PostSignal(nullptr, signal, OwnProcessNumber());
}

// What kill() returns. The sender comes last: its handler may run at once, and it may die.
int SignalGroup(Thread* self, int group, int signal) {
  const ChildProcess* own = OwnChildProcess();
  ChildTable* table = ChildProcesses();
  const bool is_own = group == OwnGroupNumber();
  const bool has_root = own != nullptr && group == kProcessNumber;
  bool found = has_root;
  const auto for_others = [&](auto visit) {
    for (uint32_t i = 0; table != nullptr && i < table->count; ++i) {
      ChildProcess* child = &table->processes[i];
      if (child != own && !child->reaped && child->group == group) visit(child);
    }
  };
  for_others([&](ChildProcess*) { found = true; });
  if (!found) {
    if (is_own) return SignalOwnProcess(self, signal);
    if (group <= kMostProcess && FindChildProcess(group) == nullptr) {
      Unmodelled("kill (a signal to a group of other processes)");
    }
    return ErrnoResult(ESRCH);
  }
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  for_others([&](ChildProcess* child) { SignalChildProcess(child, signal); });
  if (has_root) SignalRoot(signal);
  return is_own ? SignalOwnProcess(self, signal) : 0;
}

// 0 or an errno value.
int SendToThread(Thread* self, pthread_t handle, int signal, int code, sigval value = {}) {
  if (!IsNumber(signal)) return EINVAL;
  Thread* target = FindThread(handle);
  if (target == nullptr) {
    Fail(FailureKind::kMisuse, "signal to a thread that is not alive and was joined or detached");
  }
  if (signal == 0) return 0;
  if (signal == SIGSTOP) return StopOwnProcess(self);
  if (SendingIsModelled(target, signal)) return Send(self, target, signal, code, value);
  if (target != self) Unmodelled("pthread_kill (a signal to another thread)");
  return REAL(pthread_kill)(handle, signal);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, raise, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && signal == SIGSTOP) return StopOwnProcess(self);
  if (self == nullptr || !SendingIsModelled(self, signal)) return REAL(raise)(signal);
  return ErrnoResult(Send(self, self, signal, SI_TKILL));
}

INTERPOSE(int, kill, int process, int signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(kill)(process, signal);
  if (!IsNumber(signal)) return ErrnoResult(EINVAL);
  constexpr uint32_t kFirstWithGroups = 8;  // of the rules
  if (process <= 0 && process != -1 && kernel.request.rules >= kFirstWithGroups) {
    return SignalGroup(self, process == 0 ? OwnGroupNumber() : -process, signal);
  }
  ChildProcess* child = FindChildProcess(process);
  if (child != nullptr && !IsOwnProcess(process)) {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    return ErrnoResult(SignalChildProcess(child, signal));
  }
  if (process == kProcessNumber && InChildProcess()) {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    SignalRoot(signal);
    return 0;
  }
  if (process > kMostProcess) return ErrnoResult(ESRCH);
  if (!IsOwnProcess(process)) Unmodelled("kill (a signal to another process)");
  return SignalOwnProcess(self, signal);
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
  if (!SendingIsModelled(nullptr, signal)) {
    return REAL(sigqueue)(kernel.carrier.process, signal, value);
  }
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
  if (!SendingIsModelled(target, signal)) {
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
