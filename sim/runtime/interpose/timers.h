// Timers that are no threads (timerfd), and deadlines of the clocks a program knows.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_

#include <cstdint>
#include <ctime>

namespace heddle::sim::runtime {

// The earliest deadline of all timers, in virtual ns since the start of the execution; kNever when
// there is none.
int64_t TimersEarliest();
// Fires the timers that are due.
void TimersFire();
// At the start of an execution.
void ResetTimers();
// The descriptor was closed; it need not be a timer's.
void TimerClosed(int descriptor);

bool ValidTime(const timespec* time);
// When an absolute time on `clock` is reached, in virtual ns since the start of the execution.
int64_t DeadlineOf(clockid_t clock, const timespec* absolute);
// The same for a time from now on.
int64_t TimeoutDeadline(const timespec* relative);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_
