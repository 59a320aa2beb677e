// Virtual time: kernel.clock. All times are virtual ns since the start of the execution.
#ifndef HEDDLE_SIM_RUNTIME_CORE_VIRTUAL_CLOCK_H_
#define HEDDLE_SIM_RUNTIME_CORE_VIRTUAL_CLOCK_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

struct VirtualClock {
  int64_t now = 0;
  int64_t earliest_deadline = kNever;  // of all waiting threads and timers
  uint64_t deadline_since = 0;         // point at which it became so
  bool held = false;  // there is a deadline, but the clock is not offered: see ClockMayMove()
  // Virtual time that passed over threads that could run, less what their points have paid off
  // since `debt_since`; see kMaxClockDebtNs.
  int64_t debt = 0;
  uint64_t debt_since = 0;  // a point
  // Jumps when no thread could run, and the time, since something other than a deadline let a
  // thread go on last; see kMaxIdleJumps.
  uint64_t idle_jumps = 0;
  int64_t idle_since = 0;
};

// A point at which `self`, the running thread, reads a clock: time moves by kClockReadNs. Returns
// the time.
int64_t ReadClock(Thread* self);
// The time is later than it was: wakes everything that is due.
void ClockMoved();
// `ns` from now; a negative `ns` counts as 0. Never kNever.
int64_t DeadlineAfter(int64_t ns);

// A waiting thread or a timer has a deadline from now on.
void DeadlineAdded(int64_t deadline);
// A deadline may be gone: finds the earliest of those that are left.
void RecomputeDeadline();

// Whether the clock is offered to the strategy: there is a deadline, and the jump to it leaves no
// thread that can run behind by kMaxOvertakenNs, nor is the clock in debt. When nobody can run it
// always may.
bool ClockMayMove();
// The clock was chosen: jumps to the earliest deadline and wakes everything that is due.
void AdvanceClock();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_VIRTUAL_CLOCK_H_
