// heddle replay --gdb: a recorded schedule under gdb.
#ifndef HEDDLE_HARNESS_CLI_DEBUG_H_
#define HEDDLE_HARNESS_CLI_DEBUG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::cli {

struct DebugOptions {
  std::string folder;                // takes the script
  std::optional<uint64_t> break_at;  // the step to stop at; otherwise the finding
  std::vector<std::string> more;     // arguments for gdb, after ours
};

// Replays the schedule once without gdb, to see that it is exact and what it comes to, then under
// gdb, which has the terminal. gdb's exit status; Unavailable without gdb, FailedPrecondition when
// the replay is not exact.
absl::StatusOr<int> DebugSchedule(const sim::ProgramOptions& program, const sim::Schedule& schedule,
                                  const DebugOptions& options);

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_DEBUG_H_
