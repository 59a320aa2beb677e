// Timers that are no threads: timerfds (timerfd.cc). Called with control. What is said of
// descriptors here goes for those of signals too (signalfd.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_

#include <cstdint>

namespace heddle::sim::runtime {

// The earliest deadline of all timers, in virtual ns since the start of the execution; kNever when
// there is none.
int64_t TimersEarliest();
// Fires the timers that are due.
void TimersFire();
// At the start of an execution: those that are left over are disarmed.
void ResetTimers();
// The descriptor was closed; it need not be a timer's.
void TimerClosed(int descriptor);
// `to` is a duplicate of `from` from now on; neither need be a timer's.
void TimerDuplicated(int from, int to);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TIMERS_H_
