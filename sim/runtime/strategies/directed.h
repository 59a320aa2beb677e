// The default schedule with given switches put in: what shrinking tries, and how a schedule file
// says in few words where an execution departs from the default.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_DIRECTED_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_DIRECTED_H_

#include <memory>
#include <span>

#include "sim/protocol/step.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Chooses as fifo does, but for `switches` (see Switch in step.h). One whose `to` cannot go on
// at its point is left out. `switches` ascend by (from, at), stay the caller's and outlive the
// strategy.
std::unique_ptr<Strategy> MakeDirected(std::span<const Switch> switches);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_DIRECTED_H_
