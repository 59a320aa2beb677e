// Replays a schedule, once or many times, and checks that each replay is exact.
#ifndef HEDDLE_SIM_EXPLORE_REPLAY_H_
#define HEDDLE_SIM_EXPLORE_REPLAY_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "sim/explore/replay_verdict.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

struct ReplayReport {
  uint64_t times = 0;
  // With the operations that the schedule says and, in the flavour it was recorded in, its number
  // of points and its kind of finding. Another flavour may see more (that is what it is replayed
  // there for) and end earlier: there the common part counts.
  uint64_t exact = 0;
  uint64_t other_ends = 0;  // of the exact ones, those that ended otherwise than recorded
  Outcome last;             // of the last replay, or of the first that was not as recorded
  ReplayVerdict verdict;    // of that one
  std::string description;  // of it, with all stacks; empty when it was clean
};

// Replays `schedule` in the program, `times` times, or until `go_on` (if any) says no between two.
// FailedPrecondition when it cannot be exact there (CanReplayIn), and what Supervisor says.
absl::StatusOr<ReplayReport> Replay(const ProgramOptions& program, const Schedule& schedule,
                                    uint64_t times, const std::function<bool()>& go_on = nullptr);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_REPLAY_H_
