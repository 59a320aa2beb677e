// From the program's times to virtual ones: ns since the start of the execution, kNever for none.
//
// All clocks run alike and differ by a constant. Times before the start count as the start; times
// too far to count stay below kNever, so that they stay deadlines.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_DEADLINES_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_DEADLINES_H_

#include <cstdint>
#include <ctime>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/virtual_clock.h"

namespace heddle::sim::runtime {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;

// What `clock` shows at the start of an execution.
inline int64_t StartOf(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
      return static_cast<int64_t>(kRealtimeStartNs);
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      return 0;
    default:
      return static_cast<int64_t>(kMonotonicStartNs);
  }
}

// What POSIX demands of a timespec; the callers answer EINVAL otherwise.
inline bool ValidTime(const timespec* time) {
  return time != nullptr && time->tv_nsec >= 0 && time->tv_nsec < kNsPerSecond;
}

// The clocks that the timed operations of pthread and sem know; the callers answer EINVAL for
// others.
inline bool HasDeadlines(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

inline int64_t ToNs(const timespec& time) {
  if (time.tv_sec > (INT64_MAX / kNsPerSecond) - 2) return INT64_MAX - 1;
  if (time.tv_sec < 0) return 0;
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

inline timespec FromNs(int64_t ns) {
  return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

// When an absolute time on `clock` is reached.
inline int64_t DeadlineOf(clockid_t clock, const timespec* absolute) {
  const int64_t deadline = ToNs(*absolute) - StartOf(clock);
  return deadline < 0 ? 0 : deadline;
}

// Null: no deadline, as for the functions that take an optional timeout.
inline int64_t DeadlineOfOptional(clockid_t clock, const timespec* absolute) {
  return absolute == nullptr ? kNever : DeadlineOf(clock, absolute);
}
inline int64_t DeadlineAfterOptional(const timespec* relative) {
  return relative == nullptr ? kNever : DeadlineAfter(ToNs(*relative));
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_DEADLINES_H_
