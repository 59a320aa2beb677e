// The supervisor's hold on the control block (sim/protocol/control.h).
//
// The program under test can write to the whole block, by accident at any time. So where things are
// and how big they are is kept here and never read back; every number that is read is checked
// against its bound, every text is ended by force, and what is handed out is a private copy. (The
// spans of Running() are the exception: they are looked at while they grow.) The request has a
// private copy too, which is written into the block before each command.
//
// Thread rule: as for the supervisor that owns it.
#ifndef HEDDLE_SIM_SUPERVISOR_CONTROL_VIEW_H_
#define HEDDLE_SIM_SUPERVISOR_CONTROL_VIEW_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sim/protocol/control.h"
#include "sim/supervisor/outcome.h"

namespace heddle::sim {

// FailureRecord, checked.
struct Failure {
  FailureKind kind = FailureKind::kNone;
  ThreadNumber thread = kNoThread;
  std::string message;
  std::vector<ThreadStack> stacks;
  std::vector<FindingPlace> places;
};

// A system call that a process does not come back from, and where it makes it.
struct SleepingCall {
  int64_t number = 0;
  uint64_t stack_pointer = 0, code = 0;
  friend bool operator==(const SleepingCall&, const SleepingCall&) = default;
};

// A loaded file of the program.
struct LoadedModule {
  uint64_t begin = 0, end = 0, bias = 0;
  std::string path;
};

class ControlView {
 public:
  // A new block for executions of up to `max_points` points. FailedPrecondition when the limit on a
  // file's size is below what that takes.
  static absl::StatusOr<std::unique_ptr<ControlView>> Create(uint64_t max_points,
                                                             bool keep_details);
  ~ControlView();
  ControlView(const ControlView&) = delete;
  ControlView& operator=(const ControlView&) = delete;

  int descriptor() const { return descriptor_; }  // of the block, close-on-exec

  // --- The request: written while the program waits ---

  // Its plain fields are the caller's to set. The program sees the request as of Publish().
  Control& request() { return *request_; }
  void Publish();
  void WriteSpec(const CampaignSpec& spec);
  // InvalidArgument when it does not fit.
  absl::Status WriteReplay(absl::Span<const Step> steps, bool open_end);
  // Absent: none are asked for. In any order.
  absl::Status WriteSwitches(const std::optional<std::vector<Switch>>& switches);
  // With `keep`, what it learns can be had by Learnt().
  absl::Status WriteLearnt(absl::Span<const uint64_t> words, bool keep);
  absl::Status WriteSites(absl::Span<const uint64_t> calls);
  // Absent: the spec's plan says when faults come.
  absl::Status WriteFollowedFaults(const std::optional<std::vector<Fault>>& faults);

  // --- The answer ---

  bool SetupDone() const { return control_->setup_done != 0; }
  // The stack that started the thread which keeps control from beginning; empty: none does.
  std::vector<uint64_t> EarlyThread() const;
  bool Adopts() const;
  std::string Flavour() const;
  std::string Compiler() const;
  std::vector<LoadedModule> Modules() const;

  // Of the batch that was asked for, in its order: which execution each is, is the request's word.
  std::vector<ExecutionSummary> Summaries() const;
  bool Exhausted() const { return control_->exhausted != 0; }
  StrategyProgress Progress() const { return control_->progress; }
  // What the strategy has learnt up to the last batch, also when the program has died since; empty:
  // nothing was to be kept, or there was no room. Any words.
  std::vector<uint64_t> Learnt() const;
  const Coverage& CoverageSoFar() const { return control_->coverage; }
  std::array<uint64_t, kFaultKinds> FaultTotals() const;

  // Of the last execution; the spec's when it is not one that a program can have.
  ExecutionPlan Plan() const;
  // Of the last execution; the first `points` of each, or as many as there are.
  std::vector<Step> Steps(uint64_t points) const;
  std::vector<ObjectId> Objects(uint64_t points) const;
  std::vector<StepDetail> Details(uint64_t points) const;
  std::vector<ReportPoint> ReportPoints() const;
  std::vector<Fault> Faults() const;
  Failure ReadFailure() const;
  std::vector<FindingPlace> RealValues() const;
  uint32_t sanitizer_reports() const { return control_->sanitizer_reports; }
  uint64_t virtual_ns() const { return control_->virtual_ns; }
  ThreadNumber current_thread() const { return control_->current_thread; }

  // While it runs: whether one of the batch has begun; its number; its process, a child of
  // `server`, or 0 when there is none (any more); and what it has done so far.
  bool ExecutionBegan() const;
  uint64_t CurrentExecution() const;
  uint64_t CurrentRun() const;  // counts the executions that began
  // What became of Control::in_process.
  ForkReason WhyFork() const;
  std::string ForkText() const;
  std::vector<uint64_t> ForkFrames() const;
  uint64_t InProcessExecutions() const;
  uint64_t CurrentPoints() const;
  pid_t ExecutingProcess(pid_t server) const;
  // Sends that process a signal, and no other, whatever number the program has written. False when
  // there is none; FailedPrecondition when the system cannot do it.
  absl::StatusOr<bool> SignalExecution(pid_t server, int signal) const;
  // The system call that the process sleeps in, and where; absent when it runs, waits for a disk or
  // for another process, or the system does not tell.
  std::optional<SleepingCall> CallThatSleeps(pid_t server) const;
  // Before kWatchdogSignal: the number of points at which the execution has stalled, and the system
  // call that it sleeps in (or kNoCall).
  void TellStalled(uint64_t points, int64_t call) {
    control_->time_limit_ms = 0;
    control_->stalled_at = points;
    control_->stalled_call = call;
  }
  // Before kWatchdogSignal: the execution that has taken longer than `limit_ms`.
  void TellLate(uint64_t execution, uint64_t limit_ms) {
    control_->late_execution = execution;
    control_->time_limit_ms = limit_ms;
  }
  RunningExecution Running(pid_t server) const;

 private:
  // Bytes from the beginning of the block.
  struct Layout {
    uint64_t log = 0, replay = 0, objects = 0, details = 0, arena = 0;
    uint64_t log_capacity = 0, detail_capacity = 0;  // steps
    uint64_t total = 0;
  };
  static Layout LayoutFor(uint64_t max_points, bool keep_details);

  ControlView(const Layout& layout, uint64_t max_points, int descriptor, void* memory);

  template <typename T>
  T* At(uint64_t offset) const {
    return reinterpret_cast<T*>(reinterpret_cast<char*>(control_) + offset);
  }

  const Layout layout_;
  const uint64_t max_points_;
  const int descriptor_;
  Control* const control_;
  const std::unique_ptr<Control> request_;  // the fields of the request; the rest is not used
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_CONTROL_VIEW_H_
