// Runs a controlled program from outside: many executions, crash isolation, exact replays.
//
//   Supervisor::Start(program)          starts the program's fork server (any executable linked
//                                       through heddle_instrument), without address randomisation
//                                       and with a fixed environment;
//   supervisor->NewCampaign(options)    a strategy, a seed, how to preempt, or a schedule to
//   replay; supervisor->RunBatch(first, count)  forks `count` executions, up to the first that is
//   not
//                                       clean; whatever they do, what they did is in the result.
//
// The folder, by what it does: launch (the program's start), control_view (the shared memory, as
// far as it can be trusted), outcome (what an execution came to), campaign_options (what may be
// asked), sites and site_calls (source lines to code addresses), address_names (code addresses to
// source lines), self_check and real_machine (what differs between runs, and why), debugger, and
// debug.py for gdb. It may include sim/process, sim/protocol and sim/stacks, never sim/runtime:
// only the control block connects the two.
//
// A Supervisor belongs to one thread. Several may run side by side (one per core is sensible).
// Native code: link heddle_supervisor. Errors: Unavailable when the machine does not give what it
// takes (no way to switch randomisation off, no space), with the remedy; FailedPrecondition when
// the program does not (no such flavour, no runtime); InvalidArgument for a bad strategy or
// parameters, with what would be right.
#ifndef HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_
#define HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sim/process/process.h"
#include "sim/stacks/symbolizer.h"
#include "sim/supervisor/address_names.h"
#include "sim/supervisor/campaign_options.h"
#include "sim/supervisor/control_view.h"
#include "sim/supervisor/launch.h"
#include "sim/supervisor/outcome.h"
#include "sim/supervisor/site_calls.h"

namespace heddle::sim {

class Supervisor {
 public:
  static absl::StatusOr<std::unique_ptr<Supervisor>> Start(const ProgramOptions& options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status NewCampaign(const CampaignOptions& options);
  // Runs executions first, first+stride, ..., `count` of them (count <= kMaxBatch); with
  // ProgramOptions::before one only. Cancelled when an interrupt ends the first of them,
  // DeadlineExceeded when EndBy() does; Batch::cut_off when they end a later one.
  absl::StatusOr<Batch> RunBatch(uint64_t first, uint32_t count, uint32_t stride = 1);

  // Executions that still run then end soon after, whatever they do.
  void EndBy(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

  // Convenience: a new campaign of one execution.
  absl::StatusOr<Outcome> Replay(const CampaignOptions& options, uint64_t execution);

  // Runs `debugger` (a command, found on PATH) and returns its exit status. The program that it is
  // to start, with arguments(), then is execution `execution` of a campaign with `options`: no fork
  // server, the hand-over is the baton, so that each simulated thread is a thread for the debugger
  // too, and nothing else differs from RunBatch(). Its output goes to kOutputDescriptor and
  // kErrorsDescriptor, which the debugger inherits with the control block (kControlDescriptor).
  // SIGINT is the debugger's meanwhile.
  absl::StatusOr<int> Debug(CampaignOptions options, uint64_t execution,
                            const std::vector<std::string>& debugger);
  // How the program is started: its arguments, and all of its environment.
  const std::vector<std::string>& arguments() const { return options_.arguments; }
  std::vector<std::string> environment() const {
    return EnvironmentOf(options_, options_.arguments[0]);
  }
  std::string working_directory() const;  // absolute

  // The options that replay `outcome`, which came of a campaign of this supervisor's with
  // `options`.
  CampaignOptions ReplayOf(const Outcome& outcome, CampaignOptions options) const;
  // Runs one execution of a campaign, replays it, and compares them operation by operation: thread,
  // kind, number of the object, then how they end and what they print. The first outcome when they
  // agree; else finding kUncontrolled, "uncontrolled nondeterminism: ..." with the first difference
  // and the stacks of the second run at that point. Names the instructions that ask the real
  // machine (real_machine.h), and the files that tell of it (Outcome::real_values).
  absl::StatusOr<Outcome> SelfCheck(const CampaignOptions& options, uint64_t execution);

  // What its campaign has covered so far; with track_objects. The program's word.
  const Coverage& coverage() const { return control_->CoverageSoFar(); }
  // With CampaignOptions::keep_learnt: what its strategy has learnt so far, also of a program that
  // has died; empty when it has kept nothing. The program's word: any words.
  std::vector<uint64_t> Learnt() const { return control_->Learnt(); }
  // The campaign's sites at which the program has no plain access to memory: a line without code,
  // or with an atomic operation (which is a point anyway). NewCampaign() wants one that has.
  const std::vector<std::string>& idle_sites() const { return idle_sites_; }

  // With ProgramOptions::in_process: why the campaign's executions are forks all the same, for
  // people, where they could expect otherwise; else "".
  std::string WhyByFork();
  // Whether that is because an execution was not the same as in a fork.
  bool DiffersFromForks() const { return control_->WhyFork() == ForkReason::kDiffers; }
  // How many of the campaign's executions so far were no forks.
  uint64_t InProcessExecutions() const { return control_->InProcessExecutions(); }

  const std::string& flavour() const { return flavour_; }    // "det", "tsan", "asan"
  const std::string& compiler() const { return compiler_; }  // as the compiler calls itself
  bool adopts() const {
    return control_->Adopts();
  }  // whether contexts are adopted (else the baton)
  // The function at a return address and, where it was inlined, those around it; innermost first.
  // Empty: not known.
  std::vector<Frame> FramesAt(uint64_t address) const { return names_.FramesAt(address); }
  // The finding with all stacks, for people.
  std::string Describe(const Outcome& outcome) const { return names_.Describe(outcome); }
  // The stack of each thread that the runtime reported, then the places that matter to the finding.
  // No sanitizer's: those are in its report.
  std::vector<Stack> StacksOf(const Outcome& outcome) const { return names_.StacksOf(outcome); }
  // The variable with static storage at an address of the program's; "" when there is none.
  std::string VariableAt(uint64_t address) const { return names_.VariableAt(address); }
  // What makes an outcome with a finding the same as another (sim/stacks/dedup_key.h).
  std::string DedupKeyOf(const Outcome& outcome) const { return names_.DedupKeyOf(outcome); }

 private:
  explicit Supervisor(const ProgramOptions& options) : options_(options) {}
  absl::Status Launch();
  // Waits for the server's answer. Cancelled when an interrupt comes; the server has ended then.
  absl::Status AwaitStart();
  absl::Status AwaitBatch();
  // Waits for kSliceMs at most. True when the answer has come.
  absl::StatusOr<bool> Poll();
  // Every kSliceMs of an execution: ends it when it has reached no point for too long, or goes
  // beyond a limit.
  absl::Status WatchOver();
  // Its part for an execution that has reached no new point: asks it to report where it is.
  absl::Status WatchForStall(uint64_t points);
  bool IsTimeUp() const;
  absl::Status TimeIsUp() const;
  // Every kSliceMs once time is up: kills the execution that does not end by itself. The error when
  // that does not help either.
  absl::Status CutOff();
  absl::Status KillExecution(FailureKind kind, std::string why);
  // Ends the server that there is and starts one, until control is about to begin.
  absl::Status StartServer(StartAt start_at, EarlyThreads early_threads);
  // The same, when an execution by these rules begins elsewhere than the server's.
  absl::Status StartAsRulesSay(uint32_t rules);
  void EndServer();
  absl::Status ServerDied();
  // Where the thread was started that keeps control from beginning; "" when it is not that.
  std::string EarlyThreadText();
  void FindResultFile();
  // The command that is to be run before each execution. FailedPrecondition when it fails.
  absl::Status RunBefore() const;
  // Without the execution that was cut off. False when there was no other.
  bool RemoveCutOff(Batch* batch) const;
  absl::Status GiveUp(absl::Status status);
  Outcome TakeOutcome(const ExecutionSummary& summary);
  // Unavailable when the machine, not the program, is the reason of such an end.
  absl::Status CheckEnvironment(const Outcome& outcome) const;
  void Watch() const;

  const ProgramOptions options_;
  StartAt start_at_ = StartAt::kMain;
  bool starts_over_ = false;  // its initialisers start threads (kStartOverExitStatus)
  std::unique_ptr<ControlView> control_;
  CaptureFiles files_;
  std::optional<TemporaryFolder> folder_;
  int temporary_folder_ = -1;  // its descriptor
  LaunchedProgram server_;
  bool may_exhaust_ = false;  // whether the campaign's strategy can have nothing left
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  int overtime_ms_ = 0;  // since time was up, in this batch
  Kill kill_;            // of an execution of this batch, by us
  bool lost_ = false;    // there was none to kill, in this batch
  // For WatchOver(): the execution that runs, how far it has come, and how long it has been so.
  uint64_t seen_execution_ = ~uint64_t{0};
  uint64_t seen_run_ = 0;
  uint64_t seen_points_ = 0;
  uint64_t running_ms_ = 0;
  uint64_t stalled_ms_ = 0;
  std::optional<SleepingCall> sleeping_;  // seen last, since when
  int sleeping_ms_ = 0;
  bool told_late_ = false;  // it was asked to say where it is and to end
  std::string flavour_, compiler_;
  std::vector<std::string> idle_sites_;
  AddressNames names_;
  SiteCallFinder site_calls_;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_SUPERVISOR_H_
