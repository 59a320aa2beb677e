// The steps of a schedule for display: thread, operation, object, time, and place in the program.
// Made by one more replay of the schedule that keeps these details.
#ifndef HEDDLE_SIM_EXPLORE_OPERATIONS_H_
#define HEDDLE_SIM_EXPLORE_OPERATIONS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/explore/replay_verdict.h"
#include "sim/schedule/schedule.h"
#include "sim/stacks/frame.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

// A replay that is longer than this is not shown: each step takes 152 bytes of memory.
inline constexpr uint64_t kMaxShownPoints = 2'000'000;

struct OperationLog {
  struct Operation {
    OpKind kind = OpKind::kNone;
    ThreadNumber thread = kNoThread;  // kClock: the clock advanced
    ObjectId object = kNoObject;      // numbered in the order of first touch
    uint32_t stack = 0;               // index into `stacks`
    uint32_t newer = 0;  // stores that it passed over: it read, or went behind, an older one
    uint64_t read_from = kNoStep;   // with `newer`: the step whose store it read, if one stored it
    bool failed_by_itself = false;  // a weak compare-exchange; it read the newest store
    uint32_t size = 0;              // bytes; 0 when it has none
    uint64_t address = 0;           // 0: no memory
    int64_t virtual_ns = 0;         // since the start, when it was chosen
  };

  std::vector<Frame> frames;  // each once, in the order of first use
  std::vector<std::vector<uint32_t>>
      stacks;                         // indices into `frames`, innermost first; [0] is empty
  std::vector<Operation> operations;  // in the order of execution

  std::map<ObjectId, std::string> names;  // of objects that have one (object_names.h)

  Outcome outcome;                    // its finding, and where the sanitizers reported
  std::string description;            // of the finding, with all stacks; empty when it was clean
  std::vector<Stack> finding_stacks;  // Supervisor::StacksOf()
  std::string dedup_key;              // of the finding; empty when it was clean
  ReplayVerdict verdict;              // whether it did what the schedule says and ended as recorded
};

struct LogOptions {
  // Called while the replay goes on and once at its end; `first` is the first operation that was
  // not there the last time.
  std::function<void(const OperationLog& log, size_t first)> on_operations;
  // The replay stops itself (SIGSTOP) before this step's operation, without a time limit, and
  // `on_stop` is told its process.
  uint64_t stop_at = kNoStop;
  std::function<void(int process)> on_stop;
};

// Replays `schedule` in the program once. The kernel's own frames, and those of the C library that
// call main or a thread's function, are left out. FailedPrecondition when a replay cannot be exact
// there (CanReplayIn), InvalidArgument when it is longer than kMaxShownPoints.
absl::StatusOr<OperationLog> LogOperations(const ProgramOptions& program, const Schedule& schedule,
                                           const LogOptions& options = {});

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_OPERATIONS_H_
