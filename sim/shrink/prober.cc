#include "sim/shrink/prober.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

// Executions that are asked for at once: the grain of `go_on`.
constexpr uint64_t kChunk = 16;

}  // namespace

Target TargetOf(const Schedule& schedule) {
  Target target;
  target.dedup_key = schedule.dedup_key;
  target.kind = schedule.finding;
  target.execution = schedule.execution;
  target.spec.seed = schedule.seed;
  target.spec.preempt = schedule.preempt;
  target.spec.memory = schedule.memory;
  target.spec.rules = schedule.rules;
  target.spec.same_random = schedule.same_random;
  target.spec.step_budget = StepBudgetOf(schedule);
  target.spec.report_thread_leaks = schedule.finding == FailureKind::kThreadLeak;
  target.sites = schedule.sites;
  target.faults = schedule.faults;
  // Replays look for leaks every time, so what is found here must have passed that too; where the
  // finding comes before the end of the program it would only cost time.
  const bool reaches_end =
      target.kind == FailureKind::kNone || absl::StrContains(target.dedup_key, "leak");
  target.spec.leak_check_every = reaches_end ? 1 : 0;
  return target;
}

Prober::Prober(const ProgramOptions& program, std::unique_ptr<Supervisor> supervisor,
               const Target& target, Check check)
    : program_(program),
      supervisor_(std::move(supervisor)),
      target_(target),
      check_(std::move(check)) {}

absl::StatusOr<std::unique_ptr<Prober>> Prober::Start(const ProgramOptions& program,
                                                      const Target& target, Check check) {
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(program);
  if (!supervisor.ok()) return supervisor.status();
  return std::unique_ptr<Prober>(
      new Prober(program, *std::move(supervisor), target, std::move(check)));
}

CampaignOptions Prober::Options() const {
  CampaignOptions options;
  options.spec = target_.spec;
  options.sites = target_.sites;
  options.follow_faults = target_.faults;
  return options;
}

bool Prober::IsSame(const Outcome& outcome, std::string* text) const {
  if (outcome.finding != FailureKind::kNone) {
    *text = supervisor_->DedupKeyOf(outcome);
    return outcome.finding == target_.kind && *text == target_.dedup_key;
  }
  *text = "clean";
  if (check_ == nullptr || outcome.state != ExecutionState::kComplete) return false;
  for (const Violation& violation : check_(outcome)) {
    *text = violation.message;
    if (target_.kind == FailureKind::kNone && violation.dedup_key == target_.dedup_key) return true;
  }
  return false;
}

absl::StatusOr<Attempt> Prober::Run(const std::vector<Switch>& switches) {
  CampaignOptions options = Options();
  options.switches = switches;
  absl::StatusOr<Outcome> outcome = supervisor_->Replay(options, target_.execution);
  if (!outcome.ok()) return outcome.status();
  Attempt attempt;
  attempt.same = IsSame(*outcome, &attempt.outcome);
  attempt.steps = std::move(outcome->steps);
  return attempt;
}

absl::StatusOr<std::optional<std::vector<Step>>> Prober::Search(
    const StrategySpec& strategy, uint64_t executions, const std::function<bool()>& go_on) {
  CampaignOptions options = Options();
  options.spec.strategy = strategy;
  if (absl::Status status = supervisor_->NewCampaign(options); !status.ok()) return status;
  for (uint64_t next = 0; next < executions && go_on();) {
    const uint64_t chunk = check_ != nullptr && target_.kind == FailureKind::kNone ? 1 : kChunk;
    const auto count = static_cast<uint32_t>(std::min(chunk, executions - next));
    absl::StatusOr<Batch> batch = supervisor_->RunBatch(next, count);
    if (!batch.ok()) return batch.status();
    if (batch->executions.empty()) break;
    next += batch->executions.size();
    std::string text;
    if (IsSame(batch->last, &text)) {
      target_.execution = batch->last.execution;
      return std::move(batch->last.steps);
    }
    if (batch->exhausted) break;
  }
  return std::nullopt;
}

absl::StatusOr<Prober::Failures> Prober::CountFailures(uint64_t most, uint64_t enough,
                                                       const std::function<bool()>& go_on) {
  CampaignOptions options = Options();
  options.spec.strategy.name = "random";
  if (absl::Status status = supervisor_->NewCampaign(options); !status.ok()) return status;
  Failures failures;
  while (failures.executions < most && failures.failed < enough && go_on()) {
    const uint64_t chunk = check_ != nullptr ? 1 : kChunk;
    const auto count = static_cast<uint32_t>(std::min(chunk, most - failures.executions));
    absl::StatusOr<Batch> batch = supervisor_->RunBatch(failures.executions, count);
    if (!batch.ok()) return batch.status();
    if (batch->executions.empty()) break;
    failures.executions += batch->executions.size();
    const Outcome& last = batch->last;
    const bool violates = check_ != nullptr && last.finding == FailureKind::kNone &&
                          last.state == ExecutionState::kComplete && !check_(last).empty();
    if (last.finding != FailureKind::kNone || violates) ++failures.failed;
  }
  return failures;
}

absl::StatusOr<Schedule> Prober::Record(const std::vector<Step>& steps) {
  absl::StatusOr<Outcome> outcome = StopAt(steps, steps.size());
  if (!outcome.ok()) return outcome.status();
  CampaignOptions options = Options();
  options.spec.strategy.name = "fifo";
  Schedule schedule = FromOutcome(*outcome, options, *supervisor_);
  std::string text;
  if (!IsSame(*outcome, &text)) {
    return absl::InternalError(
        absl::StrCat("the reduced schedule does not replay. Outcome: ", text));
  }
  schedule.dedup_key = target_.dedup_key;
  if (outcome->finding == FailureKind::kNone) schedule.message = text;
  return schedule;
}

absl::StatusOr<Outcome> Prober::StopAt(const std::vector<Step>& steps, uint64_t at) {
  CampaignOptions options = Options();
  options.recorded_flavour = supervisor_->flavour();
  options.recorded_compiler = supervisor_->compiler();
  options.replay = steps;
  options.replay_open_end = true;
  if (at < steps.size()) {
    // An operation that is none: the replay finds a difference there, and tells all stacks.
    options.replay[at] = MakeStep(OpKind::kNone, StepThread(steps[at]), StepStore(steps[at]));
  }
  return supervisor_->Replay(options, target_.execution);
}

}  // namespace heddle::sim
