// Timers behind descriptors: timerfd_create, timerfd_settime, timerfd_gettime (timerfd_create(2)).
// Each is an eventfd, which the kernel writes to when virtual time has come; so reads, polls and
// epoll work on it as they are.
//
// Not modelled: TFD_TIMER_CANCEL_ON_SET (clocks are never set), a timer from before control began,
// a descriptor that was handed on through a socket.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/early_threads.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/descriptor_table.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(timerfd_create, int, int, int)
HEDDLE_REAL(timerfd_settime, int, int, int, const itimerspec*, itimerspec*)
HEDDLE_REAL(timerfd_gettime, int, int, itimerspec*)
HEDDLE_REAL(eventfd, int, unsigned, int)

namespace heddle::sim::runtime {
namespace {

constexpr int kMaxTimers = 64;  // at a time; programs have a few
struct Timer {
  bool used = false;
  clockid_t clock = 0;
  int64_t deadline = kNever;
  int64_t interval = 0;
};
constinit Timer timers[kMaxTimers];

constinit DescriptorTable<Timer, 2 * kMaxTimers> timer_descriptors("timerfds");

// The timer of a descriptor that the program names. Null with errno, as the system would say.
Timer* NamedTimer(int descriptor) {
  if (Timer* timer = timer_descriptors.Find(descriptor)) return timer;
  itimerspec setting;
  const long error = RawSyscall(SYS_timerfd_gettime, descriptor, reinterpret_cast<long>(&setting));
  if (error == 0) Unmodelled("a timerfd made before control began");
  errno = static_cast<int>(-error);
  return nullptr;
}

bool Settable(const timespec& time) { return time.tv_sec >= 0 && ValidTime(&time); }

// The system's rules for the arguments; 0 or the error.
int CheckSetting(int flags, const itimerspec* setting) {
  if (setting == nullptr) return EFAULT;
  const bool valid = (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) == 0 &&
                     Settable(setting->it_value) && Settable(setting->it_interval);
  return valid ? 0 : EINVAL;
}

// Setting a timer forgets the expirations that were not read.
void Drain(int descriptor) {
  pollfd poll = {descriptor, POLLIN, 0};
  if (RawSyscall(SYS_poll, reinterpret_cast<long>(&poll), 1, 0) <= 0) return;
  uint64_t count;
  RawSyscall(SYS_read, descriptor, reinterpret_cast<long>(&count), sizeof count);
}

itimerspec Setting(const Timer& timer) {
  itimerspec setting = {};
  setting.it_interval = FromNs(timer.interval);
  if (timer.deadline != kNever) {
    setting.it_value =
        FromNs(timer.deadline > kernel.clock.now ? timer.deadline - kernel.clock.now : 1);
  }
  return setting;
}

}  // namespace

int64_t TimersEarliest() {
  int64_t earliest = kNever;
  for (const Timer& timer : timers) {
    if (timer.used && timer.deadline < earliest) earliest = timer.deadline;
  }
  return earliest;
}

void TimersFire() {
  for (Timer& timer : timers) {
    if (!timer.used || timer.deadline > kernel.clock.now) continue;
    uint64_t count = 1;
    if (timer.interval > 0) {
      count += static_cast<uint64_t>((kernel.clock.now - timer.deadline) / timer.interval);
      timer.deadline += static_cast<int64_t>(count) * timer.interval;
      KERNEL_CHECK(timer.deadline > kernel.clock.now, "a timer that fired is set ahead");
    } else {
      timer.deadline = kNever;
    }
    RawSyscall(SYS_write, timer_descriptors.AnyOf(&timer), reinterpret_cast<long>(&count),
               sizeof count);
    IoChanged();
  }
}

void TimerClosed(int descriptor) {
  SignalDescriptorClosed(descriptor);
  if (Timer* last = timer_descriptors.Remove(descriptor)) {
    *last = Timer{};
    RecomputeDeadline();
  }
}

void TimerDuplicated(int from, int to) {
  if (from == to) return;
  SignalDescriptorDuplicated(from, to);
  TimerClosed(to);
  if (Timer* timer = timer_descriptors.Find(from)) timer_descriptors.Add(to, timer);
}

void ResetTimers() {
  for (Timer& timer : timers) timer.deadline = kNever;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, timerfd_create, int clock, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    NoteEarlyTimer();
    return REAL(timerfd_create)(clock, flags);
  }
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  Uncontrolled scope;
  for (Timer& timer : timers) {
    if (timer.used) continue;
    const int probe = REAL(timerfd_create)(clock, flags);  // the arguments may be wrong
    if (probe < 0) return probe;
    RawSyscall(SYS_close, probe);
    const int descriptor = REAL(eventfd)(0, flags);  // TFD_NONBLOCK == EFD_NONBLOCK, and so on
    if (descriptor < 0) return descriptor;
    timer = {true, clock, kNever, 0};
    timer_descriptors.Add(descriptor, &timer);
    return descriptor;
  }
  Fail(FailureKind::kLimit, "more than %d timerfds", kMaxTimers);
}

INTERPOSE(int, timerfd_settime, int descriptor, int flags, const itimerspec* setting,
          itimerspec* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timerfd_settime)(descriptor, flags, setting, old);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  if (const int error = CheckSetting(flags, setting); error != 0) {
    errno = error;
    return -1;
  }
  Timer* timer = NamedTimer(descriptor);
  if (timer == nullptr) return -1;
  if (old != nullptr) *old = Setting(*timer);
  Drain(descriptor);
  timer->interval = ToNs(setting->it_interval);
  const int64_t value = ToNs(setting->it_value);
  if (value == 0) {
    timer->deadline = kNever;
  } else {
    timer->deadline = (flags & TFD_TIMER_ABSTIME) != 0
                          ? DeadlineOf(timer->clock, &setting->it_value)
                          : DeadlineAfter(value);
  }
  if (timer->deadline <= kernel.clock.now) TimersFire();
  RecomputeDeadline();
  IoChanged();
  return 0;
}

INTERPOSE(int, timerfd_gettime, int descriptor, itimerspec* setting) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timerfd_gettime)(descriptor, setting);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  const Timer* timer = NamedTimer(descriptor);
  if (timer == nullptr) return -1;
  *setting = Setting(*timer);
  return 0;
}
