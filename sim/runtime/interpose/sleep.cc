// Sleeping and yielding: nanosleep, clock_nanosleep, usleep, sleep, sched_yield (POSIX.1-2017).
//
// A sleep ends when virtual time has come to its deadline, at the earliest. A fault may interrupt
// it half-way (EINTR), with what is left told as the manual says. A yield is a hint to the
// strategy.
//
// Not modelled: scheduling policies and priorities.
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(nanosleep, int, const timespec*, timespec*)
HEDDLE_REAL(clock_nanosleep, int, clockid_t, int, const timespec*, timespec*)
HEDDLE_REAL(usleep, int, useconds_t)
HEDDLE_REAL(sleep, unsigned, unsigned)
HEDDLE_REAL(sched_yield, int)

namespace heddle::sim::runtime {
namespace {

bool Never(Thread*) { return false; }

// 0, or why nobody sleeps by this clock (clock_nanosleep(2)).
int WhyNoSleep(clockid_t clock) {
  switch (clock) {
    case CLOCK_THREAD_CPUTIME_ID:
      return EINVAL;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
      return EOPNOTSUPP;
    default:
      return clock > CLOCK_TAI ? EINVAL : 0;
  }
}

// What is left of the sleep, in ns: 0, or more when a signal (a fault) ends it half-way.
int64_t SleepUntil(Thread* self, int64_t deadline) {
  int64_t left = 0;
  if (deadline > kernel.clock.now && FaultComes(self, FaultKind::kInterrupt)) {
    left = (deadline - kernel.clock.now + 1) / 2;
  }
  self->on_signal = OnSignal::kReturns;
  WaitOn(self, OpKind::kSleep, Access::kWrite, kClockObject, Never, deadline - left,
         OpKind::kSleepEnd);
  if (self->interrupted && deadline > kernel.clock.now) return deadline - kernel.clock.now;
  return left;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, nanosleep, const timespec* duration, timespec* left) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(nanosleep)(duration, left);
  if (!ValidTime(duration)) {
    errno = EINVAL;
    return -1;
  }
  const int64_t rest = SleepUntil(self, DeadlineAfter(ToNs(*duration)));
  if (rest == 0) return 0;
  if (left != nullptr) *left = FromNs(rest);
  errno = EINTR;
  return -1;
}

INTERPOSE(int, clock_nanosleep, clockid_t clock, int flags, const timespec* time, timespec* left) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock_nanosleep)(clock, flags, time, left);
  if (const int error = WhyNoSleep(clock); error != 0) return error;
  if (!ValidTime(time)) return EINVAL;
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  const int64_t rest =
      SleepUntil(self, absolute ? DeadlineOf(clock, time) : DeadlineAfter(ToNs(*time)));
  if (rest == 0) return 0;
  if (left != nullptr && !absolute) *left = FromNs(rest);
  return EINTR;
}

INTERPOSE(int, usleep, useconds_t microseconds) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(usleep)(microseconds);
  if (SleepUntil(self, DeadlineAfter(int64_t{microseconds} * 1000)) == 0) return 0;
  errno = EINTR;
  return -1;
}

INTERPOSE(unsigned, sleep, unsigned seconds) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sleep)(seconds);
  const int64_t left = SleepUntil(self, DeadlineAfter(int64_t{seconds} * kNsPerSecond));
  return static_cast<unsigned>((left + kNsPerSecond - 1) / kNsPerSecond);
}

INTERPOSE(int, sched_yield, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sched_yield)();
  AtPoint(self, OpKind::kYield, Access::kNone, nullptr);
  return 0;
}
