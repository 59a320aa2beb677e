// The steps of a shrink. Each makes the smallest so far smaller, in one respect, while it leads to
// the finding, and ends early when its share of the time is over.
//
// Errors: what ScenarioSubject and sim::Prober return.
#ifndef HEDDLE_HARNESS_SHRINK_REDUCE_H_
#define HEDDLE_HARNESS_SHRINK_REDUCE_H_

#include <vector>

#include "absl/status/status.h"
#include "harness/shrink/shrink_state.h"
#include "sim/explore/strategy_spec.h"
#include "sim/schedule/schedule.h"

namespace heddle::harness {

// Leaves out faults of the environment.
absl::Status ReduceFaults(ShrinkState* state);

// Leaves out events of the trace. On fewer events the finding may need another schedule, which is
// searched for. Not for a program.
absl::Status ReduceEvents(ShrinkState* state);

// Leaves out switches and time jumps of the schedule.
absl::Status ReduceSchedule(ShrinkState* state);

// The strategies that may find the finding of `schedule` again on another trace.
std::vector<sim::StrategySpec> StrategiesFor(const sim::Schedule& schedule);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_REDUCE_H_
