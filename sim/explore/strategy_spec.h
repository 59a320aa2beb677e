// How a strategy is named on a command line and in a file: "random", "pct:d=3",
// "dfs:preemptions=2,advances=0".
#ifndef HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_
#define HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/campaign.h"

namespace heddle::sim {

// InvalidArgument, with what would be right, for an unknown name or parameter.
absl::StatusOr<StrategySpec> ParseStrategySpec(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_STRATEGY_SPEC_H_
