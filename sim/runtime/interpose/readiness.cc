// Waiting on many descriptors: epoll_* (epoll(7)), poll, ppoll, select, pselect (POSIX.1-2017). See
// descriptors.h.
//
// A wait is offered when the real call would return, or at its deadline in virtual time; then the
// real call is done with no timeout. A fault may interrupt a wait (EINTR). With a timeout of zero
// it is an operation that cannot block.
//
// A signal handler that runs meanwhile ends a wait too (EINTR). poll and select also end by one
// that their mask lets through when they do not wait, as Linux's do; epoll does not look for it
// then.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include <cerrno>
#include <ctime>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_wait.h"

HEDDLE_REAL(epoll_ctl, int, int, int, int, epoll_event*)
HEDDLE_REAL(epoll_wait, int, int, epoll_event*, int, int)
HEDDLE_REAL(epoll_pwait, int, int, epoll_event*, int, int, const sigset_t*)
HEDDLE_REAL(epoll_pwait2, int, int, epoll_event*, int, const timespec*, const sigset_t*)
HEDDLE_REAL(poll, int, pollfd*, nfds_t, int)
HEDDLE_REAL(ppoll, int, pollfd*, nfds_t, const timespec*, const sigset_t*)
HEDDLE_REAL(select, int, int, fd_set*, fd_set*, fd_set*, timeval*)
HEDDLE_REAL(pselect, int, int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*)

namespace heddle::sim::runtime {
namespace {

// How long a call waits.
struct Timeout {
  int64_t deadline = kNever;
  bool wait = true;  // false: zero was given

  static Timeout Milliseconds(int timeout) {
    return {timeout < 0 ? kNever : DeadlineAfter(int64_t{timeout} * 1'000'000), timeout != 0};
  }
  static Timeout Of(const timespec* timeout) {
    return {DeadlineAfterOptional(timeout),
            timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0};
  }
  static Timeout Of(const timeval* timeout) {
    if (timeout == nullptr) return {};
    const int64_t microseconds = timeout->tv_sec * int64_t{1'000'000} + timeout->tv_usec;
    return {DeadlineAfter(microseconds * 1000), timeout->tv_sec != 0 || timeout->tv_usec != 0};
  }
};

// Whether the mask of the wait lets a signal through that is pending, and nothing is ready: its
// handler has run, and errno is set.
bool EndsByPending(Thread* self, Ready ready, void* data) {
  if (PendingFor(self) == 0) return false;
  self->wait_data = data;
  if (ready(self) || !HandlePending(self)) return false;
  errno = EINTR;
  return true;
}

// Whether a call that does not wait looks for signals.
enum class NoWait : uint8_t { kIgnoresSignals, kSeesSignals };

// Until ready(self), which finds `data` in wait_data, or the timeout. False: interrupted, with
// errno set.
bool WaitForAny(Thread* self, Ready ready, void* data, const Timeout& timeout, NoWait no_wait) {
  constexpr uint32_t kFirstToSee = 8;  // of the rules
  if (!timeout.wait) {
    IoPoint(self);
    return no_wait == NoWait::kIgnoresSignals || kernel.request.rules < kFirstToSee ||
           !EndsByPending(self, ready, data);
  }
  if (Interrupts(self) || EndsByPending(self, ready, data)) return false;
  self->wait_data = data;
  self->on_signal = OnSignal::kReturns;
  if (WaitIo(self, OpKind::kIoWait, ready, timeout.deadline) || !self->interrupted) return true;
  errno = EINTR;
  return false;
}

bool EpollReady(Thread* self) { return PollNow(*static_cast<int*>(self->wait_data), POLLIN); }

int WaitEpoll(Thread* self, int epoll, epoll_event* events, int count, const Timeout& timeout) {
  if (!WaitForAny(self, EpollReady, &epoll, timeout, NoWait::kIgnoresSignals)) return -1;
  const int result = CallReal([&] { return REAL(epoll_wait)(epoll, events, count, 0); });
  IoChanged();  // edge-triggered and one-shot entries were consumed
  return result;
}

struct PollWait {
  pollfd* entries;
  nfds_t count;
};
bool PollReady(Thread* self) {
  const auto* data = static_cast<PollWait*>(self->wait_data);
  return RawSyscall(SYS_poll, reinterpret_cast<long>(data->entries), static_cast<long>(data->count),
                    0) != 0;
}

int WaitPoll(Thread* self, pollfd* entries, nfds_t count, const Timeout& timeout) {
  PollWait data = {entries, count};
  if (!WaitForAny(self, PollReady, &data, timeout, NoWait::kSeesSignals)) return -1;
  return CallReal([&] { return REAL(poll)(entries, count, 0); });
}

struct SelectWait {
  int count;
  fd_set* sets[3];
};
bool SelectReady(Thread* self) {
  const auto* data = static_cast<SelectWait*>(self->wait_data);
  fd_set copies[3];
  long pointers[3];
  for (int i = 0; i < 3; ++i) {
    pointers[i] = 0;
    if (data->sets[i] == nullptr) continue;
    copies[i] = *data->sets[i];
    pointers[i] = reinterpret_cast<long>(&copies[i]);
  }
  timespec zero = {0, 0};
  return RawSyscall(SYS_pselect6, data->count, pointers[0], pointers[1], pointers[2],
                    reinterpret_cast<long>(&zero), 0) != 0;
}

int WaitSelect(Thread* self, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
               const Timeout& timeout) {
  SelectWait data = {count, {reads, writes, excepts}};
  if (!WaitForAny(self, SelectReady, &data, timeout, NoWait::kSeesSignals)) return -1;
  timeval zero = {0, 0};
  return CallReal([&] { return REAL(select)(count, reads, writes, excepts, &zero); });
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, epoll_ctl, int epoll, int operation, int descriptor, epoll_event* event) {
  Thread* self = HEDDLE_SELF;
  NoteWatch(operation, descriptor, event);
  if (self == nullptr) return REAL(epoll_ctl)(epoll, operation, descriptor, event);
  return DoIo(self, epoll, 0, true,
              [&] { return REAL(epoll_ctl)(epoll, operation, descriptor, event); });
}

INTERPOSE(int, epoll_wait, int epoll, epoll_event* events, int count, int timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_wait)(epoll, events, count, timeout);
  return WaitEpoll(self, epoll, events, count, Timeout::Milliseconds(timeout));
}

INTERPOSE(int, epoll_pwait, int epoll, epoll_event* events, int count, int timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_pwait)(epoll, events, count, timeout, mask);
  const MaskScope scope(self, mask);
  return WaitEpoll(self, epoll, events, count, Timeout::Milliseconds(timeout));
}

INTERPOSE(int, epoll_pwait2, int epoll, epoll_event* events, int count, const timespec* timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_pwait2)(epoll, events, count, timeout, mask);
  const MaskScope scope(self, mask);
  return WaitEpoll(self, epoll, events, count, Timeout::Of(timeout));
}

INTERPOSE(int, poll, pollfd* entries, nfds_t count, int timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(poll)(entries, count, timeout);
  return WaitPoll(self, entries, count, Timeout::Milliseconds(timeout));
}

INTERPOSE(int, ppoll, pollfd* entries, nfds_t count, const timespec* timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(ppoll)(entries, count, timeout, mask);
  const MaskScope scope(self, mask);
  return WaitPoll(self, entries, count, Timeout::Of(timeout));
}

INTERPOSE(int, select, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
          timeval* timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(select)(count, reads, writes, excepts, timeout);
  return WaitSelect(self, count, reads, writes, excepts, Timeout::Of(timeout));
}

INTERPOSE(int, pselect, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
          const timespec* timeout, const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pselect)(count, reads, writes, excepts, timeout, mask);
  const MaskScope scope(self, mask);
  return WaitSelect(self, count, reads, writes, excepts, Timeout::Of(timeout));
}
