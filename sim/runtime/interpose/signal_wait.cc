// Waiting for signals: sigwait, sigwaitinfo, sigtimedwait, sigsuspend, pause (POSIX.1-2017), and
// the masks of ppoll and its like. See signal_delivery.h.
#include "sim/runtime/interpose/signal_wait.h"

#include <cerrno>
#include <ctime>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(sigwait, int, const sigset_t*, int*)
HEDDLE_REAL(sigwaitinfo, int, const sigset_t*, siginfo_t*)
HEDDLE_REAL(sigtimedwait, int, const sigset_t*, siginfo_t*, const timespec*)
HEDDLE_REAL(sigsuspend, int, const sigset_t*)
HEDDLE_REAL(pause, int)

namespace heddle::sim::runtime {
namespace {

bool AwaitedIsPending(Thread* self) { return (PendingFor(self) & self->awaited_signals) != 0; }
bool NoSignal(Thread*) { return false; }

// The signal, or -1 with errno: EAGAIN at the deadline, EINTR when a handler ran.
int WaitForSignal(Thread* self, SignalSet set, siginfo_t* info, int64_t deadline) {
  if (!SignalsAreModelled()) Unmodelled("waiting for a signal");
  for (;;) {
    self->awaited_signals = set;
    self->on_signal = OnSignal::kReturns;
    const bool ready = WaitIo(self, OpKind::kSignalWait, AwaitedIsPending, deadline);
    self->awaited_signals = 0;
    if (ready && TakePending(self, set, info)) {
      if (info->si_code == SI_TKILL) info->si_code = SI_USER;  // as libc says it
      return info->si_signo;
    }
    if (ready) continue;
    errno = self->interrupted ? EINTR : EAGAIN;
    return -1;
  }
}

// Until a handler has run.
int AwaitHandler(Thread* self, bool at_once) {
  // A signal may come after the program has looked, and before it waits.
  if (!at_once) PointOn(self, OpKind::kSignalWait, Access::kRead, kIoObject);
  if (!HandlePending(self)) {
    self->on_signal = OnSignal::kReturns;
    WaitOn(self, OpKind::kSignalWait, Access::kWrite, kIoObject, NoSignal, kNever, OpKind::kNone);
  }
  errno = EINTR;
  return -1;
}

}  // namespace

MaskScope::MaskScope(Thread* self, const sigset_t* mask)
    : self_(mask != nullptr && SignalsAreModelled() ? self : nullptr),
      before_(self->own.signal_mask) {
  if (self_ == nullptr) return;
  const SignalSet wanted = SetOf(mask);
  SetSignalMask(self, SIG_SETMASK, &wanted, nullptr);
  if (kernel.request.rules >= kFirstWithNesting) self->mask_behind = &before_;
}

MaskScope::~MaskScope() {
  if (self_ == nullptr) return;
  const int error = errno;
  self_->mask_behind = nullptr;
  ChangeMask(self_, before_);
  errno = error;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, sigwait, const sigset_t* set, int* signal) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigwait)(set, signal);
  siginfo_t info;
  int taken;
  do {
    taken = WaitForSignal(self, SetOf(set), &info, kNever);
  } while (taken < 0);  // libc's begins again after a handler
  *signal = taken;
  return 0;
}

INTERPOSE(int, sigwaitinfo, const sigset_t* set, siginfo_t* info) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigwaitinfo)(set, info);
  siginfo_t taken;
  const int signal = WaitForSignal(self, SetOf(set), &taken, kNever);
  if (signal > 0 && info != nullptr) *info = taken;
  return signal;
}

INTERPOSE(int, sigtimedwait, const sigset_t* set, siginfo_t* info, const timespec* timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigtimedwait)(set, info, timeout);
  if (timeout != nullptr && (!ValidTime(timeout) || timeout->tv_sec < 0)) {
    errno = EINVAL;
    return -1;
  }
  siginfo_t taken;
  const int signal = WaitForSignal(self, SetOf(set), &taken, DeadlineAfterOptional(timeout));
  if (signal > 0 && info != nullptr) *info = taken;
  return signal;
}

INTERPOSE(int, sigsuspend, const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigsuspend)(mask);
  if (!SignalsAreModelled()) Unmodelled("sigsuspend");
  const MaskScope scope(self, mask);
  return AwaitHandler(self, true);
}

INTERPOSE(int, pause, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pause)();
  if (!SignalsAreModelled()) Unmodelled("pause");
  return AwaitHandler(self, false);
}
