#include "sim/explore/replay.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

// What differs from the schedule, or "".
std::string Difference(const Schedule& schedule, const Outcome& outcome, bool same_flavour) {
  if (outcome.finding == FailureKind::kDivergence) return outcome.message;
  if (same_flavour && outcome.finding != schedule.finding) {
    return absl::StrCat("expected ", FailureKindName(schedule.finding), ", got ",
                        FailureKindName(outcome.finding), " ", outcome.message);
  }
  const bool both_whole = schedule.complete && outcome.state == ExecutionState::kComplete;
  if ((same_flavour || both_whole) && outcome.steps.size() != schedule.steps.size()) {
    return absl::StrCat("expected ", schedule.steps.size(), " points, got ", outcome.steps.size());
  }
  const size_t common = std::min(outcome.steps.size(), schedule.steps.size());
  for (size_t i = 0; i < common; ++i) {
    if (outcome.steps[i] != schedule.steps[i]) return absl::StrCat("different step at point ", i);
  }
  if ((same_flavour || both_whole) && outcome.faults != schedule.faults) {
    return absl::StrCat("expected ", schedule.faults.size(), " injected faults, got ",
                        outcome.faults.size());
  }
  return "";
}

}  // namespace

absl::StatusOr<ReplayReport> Replay(const ProgramOptions& program, const Schedule& schedule,
                                    uint64_t times, const std::function<bool()>& go_on) {
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(program);
  if (!supervisor.ok()) return supervisor.status();
  const std::string flavour = (*supervisor)->flavour();
  if (absl::Status status = CanReplayIn(schedule, flavour, (*supervisor)->compiler());
      !status.ok()) {
    return status;
  }
  if (absl::Status status = (*supervisor)->NewCampaign(ReplayOptions(schedule)); !status.ok()) {
    return status;
  }
  ReplayReport report;
  while (report.times < times && (go_on == nullptr || report.times == 0 || go_on())) {
    absl::StatusOr<Batch> batch = (*supervisor)->RunBatch(schedule.execution, 1);
    if (!batch.ok()) return batch.status();
    ++report.times;
    std::string difference = Difference(schedule, batch->last, flavour == schedule.flavour);
    const bool exact = difference.empty();
    if (exact) ++report.exact;
    if (report.difference.empty()) {
      report.difference = std::move(difference);
      report.last = std::move(batch->last);
    }
  }
  if (report.last.finding != FailureKind::kNone) {
    report.description = (*supervisor)->Describe(report.last);
  }
  return report;
}

}  // namespace heddle::sim
