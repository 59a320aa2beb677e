// A share of a campaign.
#ifndef HEDDLE_SIM_EXPLORE_SHARD_H_
#define HEDDLE_SIM_EXPLORE_SHARD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

// One of several jobs that share a campaign: of its executions, numbered from 1, the job takes
// `index`, index + count, index + 2 * count... Together they run those that one job would, as far
// as the strategy draws each by its number: `random` and `pos` do, and `pct` with a given length
// (k=N; otherwise each job learns it for itself). The executions of `dfs` depend on one
// another: it is shared out by how they begin, and the budget of executions is each job's own. Of
// `exhaustive` the first job runs all, the others run none.
struct Shard {
  uint32_t index = 1;  // 1 to count
  uint32_t count = 1;
};
// More jobs than any cluster gives one campaign; a bound against mistyped numbers.
inline constexpr uint32_t kMaxShards = 10'000;
// "2/8". InvalidArgument with what was expected.
absl::StatusOr<Shard> ParseShard(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_SHARD_H_
