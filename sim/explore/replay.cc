#include "sim/explore/replay.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"

namespace heddle::sim {
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
    if (absl::IsCancelled(batch.status()) && report.times > 0) break;
    if (!batch.ok()) return batch.status();
    ++report.times;
    const Outcome& outcome = batch->last;
    const std::string key =
        outcome.finding == FailureKind::kNone ? "" : (*supervisor)->DedupKeyOf(outcome);
    ReplayVerdict verdict =
        CompareWithRecording(schedule, outcome, key, flavour == schedule.flavour);
    if (verdict.end != ReplayEnd::kDiverged) ++report.exact;
    if (verdict.end == ReplayEnd::kOtherEnd) ++report.other_ends;
    if (report.verdict.end == ReplayEnd::kAsRecorded) {
      report.verdict = std::move(verdict);
      report.last = std::move(batch->last);
    }
  }
  if (report.last.finding != FailureKind::kNone) {
    report.description = (*supervisor)->Describe(report.last);
  }
  return report;
}

}  // namespace heddle::sim
