// Reading clocks: clock_gettime, gettimeofday, time, timespec_get, clock.
//
// Time is virtual and stands still but for two things: each read of a clock moves it by
// kClockReadNs (an event loop that waits for strictly later would spin otherwise), and choosing the
// clock jumps to the earliest deadline. All clocks run alike and differ by a constant
// (deadlines.h); CPU-time clocks count virtual time too.
//
// Not modelled: setting a clock, clock_getres (the real one's), the processor's time stamp counter.
#include <sys/time.h>

#include <ctime>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(clock_gettime, int, clockid_t, timespec*)
HEDDLE_REAL(gettimeofday, int, timeval*, void*)
HEDDLE_REAL(time, time_t, time_t*)
HEDDLE_REAL(timespec_get, int, timespec*, int)
HEDDLE_REAL(clock, clock_t)

namespace heddle::sim::runtime {
namespace {

int64_t ReadRealtime(Thread* self) { return StartOf(CLOCK_REALTIME) + ReadClock(self); }

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, clock_gettime, clockid_t clock, timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock_gettime)(clock, time);
  *time = FromNs(StartOf(clock) + ReadClock(self));
  return 0;
}

INTERPOSE(int, gettimeofday, timeval* time, void* zone) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(gettimeofday)(time, zone);
  const int64_t ns = ReadRealtime(self);
  *time = {static_cast<time_t>(ns / kNsPerSecond),
           static_cast<suseconds_t>(ns % kNsPerSecond / 1000)};
  return 0;
}

INTERPOSE(time_t, time, time_t* result) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(time)(result);
  const auto seconds = static_cast<time_t>(ReadRealtime(self) / kNsPerSecond);
  if (result != nullptr) *result = seconds;
  return seconds;
}

INTERPOSE(int, timespec_get, timespec* time, int base) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timespec_get)(time, base);
  if (base != TIME_UTC) return 0;
  *time = FromNs(ReadRealtime(self));
  return base;
}

INTERPOSE(clock_t, clock, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock)();
  return ReadClock(self) / (kNsPerSecond / CLOCKS_PER_SEC);
}
