// Runs a controlled program from outside: many executions, crash isolation, exact replays.
//
//   Supervisor::Start(program)            starts the program's fork server (any executable linked
//                                         through heddle_instrument), without address randomisation
//                                         and with a fixed environment;
//   supervisor->NewCampaign(options)      a strategy, a seed, how to preempt, or a schedule to
//   replay; supervisor->RunBatch(first, count)    forks `count` executions, up to the first that is
//   not
//                                         clean; whatever they do, what they did is in the result.
//
// A Supervisor belongs to one thread. Several may run side by side (one per core is sensible).
// Native code: link heddle_supervisor. Errors: FailedPrecondition when the environment cannot do it
// (no such flavour, no way to switch randomisation off), InvalidArgument for a bad strategy or
// parameters, with what would be right.
#ifndef HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_
#define HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/protocol/campaign.h"
#include "sim/protocol/control.h"
#include "sim/protocol/limits.h"
#include "sim/stacks/symbolizer.h"

namespace heddle::sim {

// What the execution that runs now has done so far.
struct RunningExecution {
  int process = 0;
  absl::Span<const Step> steps;
  absl::Span<const ObjectId> objects;    // with track_objects
  absl::Span<const StepDetail> details;  // with keep_details
  uint64_t stopped_at = kNoStop;         // the step it has stopped at, for a debugger
};

struct ProgramOptions {
  std::vector<std::string> arguments;    // arguments[0] is the executable's path
  std::vector<std::string> environment;  // "NAME=value", beside the fixed ones
  std::string working_directory;         // empty: as it is
  StartAt start_at = StartAt::kMain;
  // Standard output and error of each execution are kept in its outcome; otherwise they go where
  // the supervisor's go.
  bool capture_output = true;
  // Real time one execution may take before it is killed (finding: time-limit).
  uint64_t time_limit_ms = 60'000;
  // Points one execution may take at most; bounds the campaigns' step budgets. 4 bytes each, of
  // memory that is used only as far as it is written.
  uint64_t max_points = kDefaultStepBudget;
  // Keep where the program was at each step (Outcome::details): each costs an unwinding.
  bool keep_details = false;
  // Called by RunBatch() some times a second while it waits, with what does not outlive the call.
  std::function<void(const RunningExecution&)> watch;
};

// A campaign's spec, and beside it what has no fixed size or belongs to one request only.
struct CampaignOptions {
  CampaignSpec spec;
  std::vector<std::string> sites;  // with kSites, and only then: see sim/supervisor/sites.h
  // When not empty, these steps are replayed and the strategy is not asked. With where they were
  // recorded NewCampaign() refuses what cannot be exact (see CanReplay); with preempt: memory that
  // must be given.
  std::vector<Step> replay;
  std::string recorded_flavour, recorded_compiler;
  bool replay_open_end =
      false;  // the recording ends in a crash; go on orderly if this one does not
  // At this step, before its operation, an execution stops itself (SIGSTOP), for a debugger to
  // attach to; it goes on at SIGCONT. Set time_limit_ms and watchdog_seconds accordingly.
  uint64_t stop_at = kNoStop;
  // When present, the executions are orderly (fifo) but for these switches, in any order; one whose
  // `to` cannot run at its point is passed over. For shrinking. `replay` must be empty.
  std::optional<std::vector<Switch>> switches;
  // When present, exactly these faults come (where their occasions do), and the plan of `spec` is
  // not asked; at most kMaxFaults.
  std::optional<std::vector<Fault>> follow_faults;
};

struct ThreadStack {
  ThreadNumber thread = 0;
  std::string state;                // "waits, mutex-lock 0x... held by thread 2; holds mutex 0x..."
  std::vector<uint64_t> addresses;  // return addresses, innermost first
};

struct Outcome {
  // Complete and clean when kNone.
  FailureKind finding = FailureKind::kNone;
  std::string message;  // what the kernel or the signal said; empty when clean
  ExecutionState state = ExecutionState::kNone;
  int wait_status = 0;              // as from waitpid()
  ThreadNumber thread = kNoThread;  // who met it
  uint64_t execution = 0;           // with the campaign's seed: what seeded it
  uint64_t points = 0;
  uint64_t switches = 0;
  uint64_t hash = 0;  // of all steps
  uint64_t virtual_ns = 0;
  uint32_t sanitizer_reports = 0;
  std::vector<Step> steps;          // the schedule: who was chosen at each point, and what it did
  std::vector<ObjectId> objects;    // what each step touched; with track_objects
  std::vector<StepDetail> details;  // of each step; with keep_details
  std::vector<ReportPoint> report_points;  // of the first sanitizer reports
  std::vector<Fault> faults;               // that came, in order
  std::vector<ThreadStack> stacks;
  // With capture_output; cut at 1 MiB. Sanitizers' reports have their names filled in afterwards,
  // by the supervisor: the program itself runs with symbolize=0, which is quicker by far.
  std::string standard_output, standard_error;
};

// Whether a replay can be exact; otherwise FailedPrecondition with the reason. Sync schedules
// replay in every flavour that the same compiler built (compilers elide different allocations).
// Memory schedules are exact in det and tsan, which share their objects; asan's objects have other
// memory accesses, so those schedules do not cross to or from it. With kSites they do: the accesses
// are found again by their source lines, and one that was compiled otherwise shows as a divergence.
absl::Status CanReplay(Preempt preempt, absl::string_view recorded_flavour,
                       absl::string_view recorded_compiler, absl::string_view flavour,
                       absl::string_view compiler);

struct Batch {
  std::vector<ExecutionSummary> executions;
  bool exhausted = false;  // the strategy has nothing left
  StrategyProgress progress;
  std::array<uint64_t, kFaultKinds> faults{};  // that came, by kind
  Outcome last;                                // of the last execution, clean or not
};

class Supervisor {
 public:
  static absl::StatusOr<std::unique_ptr<Supervisor>> Start(const ProgramOptions& options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status NewCampaign(const CampaignOptions& options);
  // Runs executions first, first+stride, ..., `count` of them (count <= kMaxBatch).
  absl::StatusOr<Batch> RunBatch(uint64_t first, uint32_t count, uint32_t stride = 1);

  // Convenience: a campaign that replays `steps` once.
  absl::StatusOr<Outcome> Replay(const CampaignOptions& options, uint64_t execution);

  // Runs `debugger` (a command, found on PATH) and returns its exit status. The program that it is
  // to start, with command(), then is execution `execution` of a campaign with `options`: no fork
  // server, the hand-over is the baton, so that each simulated thread is a thread for the debugger
  // too, and nothing else differs from RunBatch(). Its output goes to kOutputDescriptor and
  // kErrorsDescriptor, which the debugger inherits with the control block (kControlDescriptor).
  // SIGINT is the debugger's meanwhile.
  absl::StatusOr<int> Debug(CampaignOptions options, uint64_t execution,
                            const std::vector<std::string>& debugger);
  // How the program is started: its arguments, and all of its environment.
  const std::vector<std::string>& arguments() const { return options_.arguments; }
  std::vector<std::string> environment() const;
  std::string working_directory() const;  // absolute

  // The options that replay `outcome`, which came of a campaign of this supervisor's with
  // `options`.
  CampaignOptions ReplayOf(const Outcome& outcome, CampaignOptions options) const;
  // Runs one execution of a campaign, replays it, and compares them operation by operation: thread,
  // kind, number of the object, then how they end and what they print. The first outcome when they
  // agree; else finding kUncontrolled, "uncontrolled nondeterminism: ..." with the first difference
  // and the stacks of the second run at that point.
  absl::StatusOr<Outcome> SelfCheck(const CampaignOptions& options, uint64_t execution);

  // The campaign's sites at which the program has no plain access to memory: a line without code,
  // or with an atomic operation (which is a point anyway). NewCampaign() wants one that has.
  const std::vector<std::string>& idle_sites() const { return idle_sites_; }

  std::string flavour() const;   // "det", "tsan", "asan"
  std::string compiler() const;  // as the compiler calls itself
  bool adopts() const;           // whether contexts are adopted (else the baton)
  // "function file:line:column" for return addresses in the program, several lines where calls were
  // inlined (innermost first); without llvm-symbolizer "module+0xoffset".
  std::vector<std::string> Symbolize(absl::Span<const uint64_t> addresses) const;
  // The same in parts, for one return address: what was inlined comes first. Empty: not known.
  std::vector<SourceFrame> FramesAt(uint64_t address) const;
  // The finding with all stacks, for people.
  std::string Describe(const Outcome& outcome) const;

 private:
  Supervisor() = default;
  absl::Status Launch(const ProgramOptions& options);
  // The program's accesses at the site `text`, from the module's beginning.
  absl::StatusOr<std::vector<uint64_t>> CallsAt(const std::string& text, const Module& program);
  // Puts the accesses at `sites` into the request. NotFound when there are none.
  absl::Status FindSites(const std::vector<std::string>& sites);
  absl::Status AwaitAnswer(bool running);
  absl::Status ServerDied();
  Outcome ReadOutcome(const ExecutionSummary& summary);
  std::string WithNames(const std::string& text) const;
  void Watch() const;

  ProgramOptions options_;
  Control* control_ = nullptr;
  size_t control_size_ = 0;
  int descriptor_ = -1;  // of the control block
  int process_ = -1;
  int command_ = -1, answer_ = -1;
  int output_ = -1, errors_ = -1;
  bool timed_out_ = false;
  std::vector<std::string> idle_sites_;
  std::vector<uint64_t> access_calls_;  // of the program; empty until somebody wants sites
  mutable Symbolizer symbolizer_;       // a cache, and the process that fills it
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_
