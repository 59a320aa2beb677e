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
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_VIRTUAL_CLOCK_H_
