#include "sim/explore/operations.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sim/explore/object_names.h"
#include "sim/stacks/own_code.h"

namespace heddle::sim {
namespace {

// Another flavour may go on where the recording ended in a crash.
constexpr uint64_t kMoreThanRecorded = 100'000;

// Heddle's own machinery and how every thread begins say nothing about a step.
bool IsShown(const Frame& frame) {
  const CodeOwner owner = OwnerOf(frame);
  return !frame.function.empty() && !IsMachinery(owner) && owner != CodeOwner::kThreadStart;
}

// Gives names to addresses, each once.
class Namer {
 public:
  Namer(const Supervisor& supervisor, OperationLog* log) : supervisor_(supervisor), log_(log) {
    log_->stacks.emplace_back();
  }

  // What `running` has more than the log.
  void Append(const RunningExecution& running) {
    // Which store the latest operation read is known only once it is done.
    if (!log_->operations.empty()) SetRead(running, log_->operations.size() - 1);
    for (size_t i = log_->operations.size(); i < running.steps.size(); ++i) {
      OperationLog::Operation& operation = log_->operations.emplace_back();
      operation.kind = StepKind(running.steps[i]);
      operation.thread = StepThread(running.steps[i]);
      if (i < running.objects.size()) operation.object = running.objects[i];
      if (i >= running.details.size()) continue;
      const StepDetail& detail = running.details[i];
      operation.stack = StackOf(detail);
      operation.size = detail.size;
      operation.address = detail.address;
      operation.virtual_ns = detail.virtual_ns;
      SetRead(running, i);
    }
  }

 private:
  void SetRead(const RunningExecution& running, size_t i) {
    if (i >= running.steps.size() || i >= running.details.size()) return;
    OperationLog::Operation& operation = log_->operations[i];
    // Read while the program runs: checked here.
    const uint64_t from = running.details[i].read_from;
    operation.failed_by_itself = from == i;
    operation.newer = operation.failed_by_itself ? 0 : StepStore(running.steps[i]);
    operation.read_from = from < i ? from : kNoStep;
  }

  uint32_t StackOf(const StepDetail& detail) {
    // Read while the program runs: checked against its bound here.
    const uint32_t count = std::min<uint32_t>(detail.frames, kMaxDetailFrames);
    if (count == 0) return 0;
    const auto [at, added] =
        by_addresses_.try_emplace(std::vector<uint64_t>(detail.pcs, detail.pcs + count), 0);
    if (!added) return at->second;
    std::vector<uint32_t> stack;
    for (const uint64_t address : at->first) {
      const std::vector<uint32_t>& frames = FramesAt(address);
      stack.insert(stack.end(), frames.begin(), frames.end());
    }
    const auto [known, fresh] =
        by_frames_.try_emplace(stack, static_cast<uint32_t>(log_->stacks.size()));
    if (fresh) log_->stacks.push_back(std::move(stack));
    return at->second = known->second;
  }

  const std::vector<uint32_t>& FramesAt(uint64_t address) {
    const auto [at, added] = by_address_.try_emplace(address);
    if (!added) return at->second;
    for (const Frame& frame : supervisor_.FramesAt(address)) {
      if (!IsShown(frame)) continue;
      const auto [known, fresh] =
          frames_.try_emplace(std::tuple(frame.function, frame.file, frame.line, frame.column),
                              static_cast<uint32_t>(log_->frames.size()));
      if (fresh) log_->frames.push_back(frame);
      at->second.push_back(known->second);
    }
    return at->second;
  }

  const Supervisor& supervisor_;
  OperationLog* const log_;
  std::map<uint64_t, std::vector<uint32_t>> by_address_;
  std::map<std::vector<uint64_t>, uint32_t> by_addresses_;
  std::map<std::vector<uint32_t>, uint32_t> by_frames_;
  std::map<std::tuple<std::string, std::string, int, int>, uint32_t> frames_;
};

}  // namespace

absl::StatusOr<OperationLog> LogOperations(const ProgramOptions& program, const Schedule& schedule,
                                           const LogOptions& how) {
  if (schedule.steps.size() > kMaxShownPoints) {
    return absl::InvalidArgumentError(absl::StrCat("the schedule has ", schedule.steps.size(),
                                                   " points; at most ", kMaxShownPoints,
                                                   " can be shown"));
  }
  OperationLog log;
  std::unique_ptr<Supervisor> supervisor;
  std::optional<Namer> namer;
  bool told = false;  // that it has stopped
  ProgramOptions options = program;
  options.keep_details = true;
  options.max_points = schedule.steps.size() + kMoreThanRecorded;
  options.watch = [&](const RunningExecution& running) {
    const size_t first = log.operations.size();
    namer->Append(running);
    if (how.on_operations != nullptr) how.on_operations(log, first);
    if (running.stopped_at == kNoStop || told || how.on_stop == nullptr) return;
    told = true;
    how.on_stop(running.process);
  };
  CampaignOptions campaign = ReplayOptions(schedule);
  campaign.spec.track_objects = true;
  if (how.stop_at != kNoStop) {
    campaign.stop_at = how.stop_at;
    campaign.spec.watchdog_seconds = 0;
    options.time_limit_ms = UINT64_MAX;
  }
  absl::StatusOr<std::unique_ptr<Supervisor>> started = Supervisor::Start(options);
  if (!started.ok()) return started.status();
  supervisor = *std::move(started);
  namer.emplace(*supervisor, &log);
  absl::Status status = CanReplayIn(schedule, supervisor->flavour(), supervisor->compiler());
  if (!status.ok()) return status;
  absl::StatusOr<Outcome> outcome = supervisor->Replay(campaign, schedule.execution);
  if (!outcome.ok()) return outcome.status();
  if (outcome->finding != FailureKind::kNone) {
    log.description = supervisor->Describe(*outcome);
    log.finding_stacks = supervisor->StacksOf(*outcome);
    log.dedup_key = supervisor->DedupKeyOf(*outcome);
  }
  log.names = NameObjects(log, [&](uint64_t address) { return supervisor->VariableAt(address); });
  log.verdict = CompareWithRecording(schedule, *outcome, log.dedup_key,
                                     supervisor->flavour() == schedule.flavour);
  log.outcome = *std::move(outcome);
  log.outcome.details.clear();
  return log;
}

}  // namespace heddle::sim
