// What an execution came to.
#ifndef HEDDLE_SIM_SUPERVISOR_OUTCOME_H_
#define HEDDLE_SIM_SUPERVISOR_OUTCOME_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "sim/protocol/control.h"
#include "sim/protocol/failure.h"
#include "sim/protocol/faults.h"
#include "sim/protocol/step.h"

namespace heddle::sim {

struct ThreadStack {
  ThreadNumber thread = 0;
  std::string name;                 // that the program gave it; "" when it gave none
  std::string state;                // "waits, mutex-lock 0x... held by thread 2; holds mutex 0x..."
  std::vector<uint64_t> addresses;  // return addresses, innermost first
};

// A place in the code that matters to a finding, and why.
struct FindingPlace {
  std::string text;                 // "thread 2 took the mutex 0x..."
  std::vector<uint64_t> addresses;  // return addresses, innermost first
};

struct Outcome {
  // Clean when kNone, unless EndedEarly().
  FailureKind finding = FailureKind::kNone;
  std::string message;  // what the runtime or the signal said; empty when clean
  ExecutionState state = ExecutionState::kNone;
  int wait_status = 0;              // as from waitpid()
  ThreadNumber thread = kNoThread;  // who met it
  uint64_t execution = 0;           // with the campaign's seed: what seeded it
  ExecutionPlan plan;               // how it ran
  uint64_t points = 0;
  uint64_t switches = 0;
  uint64_t hash = 0;  // of all steps
  uint64_t virtual_ns = 0;
  uint32_t sanitizer_reports = 0;
  uint32_t threads_left = 0;        // as Control::threads_left
  std::vector<Step> steps;          // the schedule: who was chosen at each point, and what it did
  std::vector<ObjectId> objects;    // what each step touched; with track_objects
  std::vector<StepDetail> details;  // of each step; with keep_details
  std::vector<ReportPoint> report_points;  // of the first sanitizer reports
  std::vector<Fault> faults;               // that came, in order
  std::vector<ThreadStack> stacks;
  std::vector<FindingPlace> places;
  std::vector<FindingPlace>
      real_values;  // of the real machine, that it has read: "/proc/self/stat"
  // With capture_output; cut at 1 MiB. Sanitizers' reports have their names filled in afterwards,
  // by the supervisor: the program itself runs with symbolize=0, which is quicker by far.
  std::string standard_output, standard_error;

  // It ended with status 0, but neither at the program's end nor by the strategy's decision: no
  // finding, and not clean either. `message` says so.
  bool EndedEarly() const {
    return finding == FailureKind::kNone && state != ExecutionState::kComplete &&
           state != ExecutionState::kAbandoned;
  }
};

// "2 threads still ran when the process ended".
std::string ThreadsLeftText(uint32_t threads);

// What the execution that runs now has done so far.
struct RunningExecution {
  int process = 0;  // 0 once it has ended
  absl::Span<const Step> steps;
  absl::Span<const ObjectId> objects;    // with track_objects
  absl::Span<const StepDetail> details;  // with keep_details
  uint64_t stopped_at = kNoStop;         // the step it has stopped at, for a debugger
};

struct Batch {
  std::vector<ExecutionSummary> executions;
  // Time was up (Supervisor::EndBy()) or an interrupt came: the execution that ran then was killed
  // and is none of `executions`, all of which are clean; `last` tells nothing.
  bool cut_off = false;
  bool exhausted = false;   // the strategy has nothing left
  bool in_process = false;  // none of the executions was a fork
  StrategyProgress progress;
  std::array<uint64_t, kFaultKinds> faults{};  // that came, by kind
  // Of the last execution, clean or not; nothing of one that is known (ExecutionSummary::known).
  Outcome last;
};

class ControlView;

// Why the supervisor killed an execution.
struct Kill {
  FailureKind kind = FailureKind::kNone;  // kNone: it did not
  std::string why;
};

// What the control block and the process's end say about an execution; its output is the caller's
// to add.
Outcome ReadOutcome(const ControlView& control, const ExecutionSummary& summary, const Kill& kill);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_OUTCOME_H_
