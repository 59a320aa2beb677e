// Runs programs of the abstract machine: one execution by a strategy, or all of them by brute
// force.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_EXPLORE_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_EXPLORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "sim/protocol/strategy.h"
#include "sim/runtime/strategies/testing/machine.h"

namespace heddle::sim::model {

// All that brute force finds.
struct Exploration {
  uint64_t schedules = 0;
  bool complete = true;                    // false: there are more schedules than asked for
  std::map<uint64_t, std::string> traces;  // each with a schedule that shows it
  std::set<std::string> results;
};
// Runs every schedule, without any reduction. Those that spend more than `bounds` are left out.
Exploration BruteForce(const Program& program, Bounds bounds, uint64_t most_schedules);

// Runs one execution. Its machine at the end; `abandoned` tells whether the strategy gave up.
Machine RunOnce(const Program& program, Strategy& strategy, bool* abandoned = nullptr);

}  // namespace heddle::sim::model

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_EXPLORE_H_
