// Reading clocks: clock_gettime, gettimeofday, time, timespec_get, clock.
//
// Time is virtual and stands still but for two things: each read of a clock moves it by
// kClockReadNs (an event loop that waits for strictly later would spin otherwise), and choosing the
// clock jumps to the earliest deadline. All clocks run alike and differ by a constant
// (deadlines.h); CPU-time clocks count virtual time too.
//
// Not modelled: setting a clock, clock_getres (the real one's). The processor's counter:
// time_stamp_counter.cc.
#include <sys/time.h>

#include <cerrno>
#include <ctime>

#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(clock_gettime, int, clockid_t, timespec*)
HEDDLE_REAL(gettimeofday, int, timeval*, void*)
HEDDLE_REAL(time, time_t, time_t*)
HEDDLE_REAL(timespec_get, int, timespec*, int)
HEDDLE_REAL(clock, clock_t)

namespace heddle::sim::runtime {
namespace {

// Without a point: what a supervised process reads before control begins, and what libraries read
// on the kernel's behalf.
timespec Standing(clockid_t clock) { return FromNs(StartOf(clock) + kernel.clock.now); }

// A number that the system has a clock for: those of linux/time.h, and, below 0, of processes.
bool IsClock(clockid_t clock) {
  constexpr clockid_t kRemoved = 10;  // CLOCK_SGI_CYCLE
  return clock <= CLOCK_TAI && clock != kRemoved;
}

int64_t ReadRealtime(Thread* self) { return StartOf(CLOCK_REALTIME) + ReadClock(self); }

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, clock_gettime, clockid_t clock, timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    if (!Supervised()) return REAL(clock_gettime)(clock, time);
    *time = Standing(clock);
    return 0;
  }
  if (!IsClock(clock)) {
    errno = EINVAL;
    return -1;
  }
  *time = FromNs(StartOf(clock) + ReadClock(self));
  return 0;
}

INTERPOSE(int, gettimeofday, timeval* time, void* zone) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    if (!Supervised()) return REAL(gettimeofday)(time, zone);
    const timespec standing = Standing(CLOCK_REALTIME);
    *time = {standing.tv_sec, standing.tv_nsec / 1000};
    return 0;
  }
  const int64_t ns = ReadRealtime(self);
  *time = {static_cast<time_t>(ns / kNsPerSecond),
           static_cast<suseconds_t>(ns % kNsPerSecond / 1000)};
  return 0;
}

INTERPOSE(time_t, time, time_t* result) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    if (!Supervised()) return REAL(time)(result);
    const time_t standing = Standing(CLOCK_REALTIME).tv_sec;
    if (result != nullptr) *result = standing;
    return standing;
  }
  const auto seconds = static_cast<time_t>(ReadRealtime(self) / kNsPerSecond);
  if (result != nullptr) *result = seconds;
  return seconds;
}

INTERPOSE(int, timespec_get, timespec* time, int base) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    if (!Supervised() || base != TIME_UTC) return REAL(timespec_get)(time, base);
    *time = Standing(CLOCK_REALTIME);
    return base;
  }
  if (base != TIME_UTC) return 0;
  *time = FromNs(ReadRealtime(self));
  return base;
}

INTERPOSE(clock_t, clock, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return Supervised() ? 0 : REAL(clock)();
  return ReadClock(self) / (kNsPerSecond / CLOCKS_PER_SEC);
}
