// What is written down at each point: kernel.log. The arrays lie in the control block's memory.
#ifndef HEDDLE_SIM_RUNTIME_CORE_SCHEDULE_LOG_H_
#define HEDDLE_SIM_RUNTIME_CORE_SCHEDULE_LOG_H_

#include <cstdint>

#include "sim/protocol/control.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/bounds.h"

namespace heddle::sim::runtime {

struct ScheduleLog {
  uint64_t points = 0;  // steps written; the next decision is number `points`
  uint64_t hash = kHashStart;
  // The point at which a decision has more to look at: the step budget, or the step that a debugger
  // waits for, whichever is earlier.
  uint64_t check_at = kDefaultStepBudget;
  uint64_t switches = 0;  // to another thread
  uint64_t capacity = 0;  // of `steps` and `objects`
  Step* steps = nullptr;
  ObjectId* objects = nullptr;    // null: not kept
  StepDetail* details = nullptr;  // null: not kept
  uint64_t detail_capacity = 0;   // 0: not kept
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_SCHEDULE_LOG_H_
