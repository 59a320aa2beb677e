// How a strategy is named on a command line and in a file: "random", "pct:d=3",
// "dfs:preemptions=2,advances=0".
#ifndef HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_
#define HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

struct StrategySpec {
  std::string name = "random";
  std::string parameters;

  std::string ToString() const { return parameters.empty() ? name : name + ":" + parameters; }
  // Whether its executions depend on one another, so that one process must run them all in turn.
  bool Systematic() const { return name == "dfs"; }
  // Whether every execution is the same.
  bool Constant() const { return name == "fifo"; }
};

// InvalidArgument, with what would be right, for an unknown name or parameter.
absl::StatusOr<StrategySpec> ParseStrategySpec(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_
