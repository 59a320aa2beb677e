// Readers of documents, and of other text.
#include "harness/fuzz/targets.h"
#include "harness/host/request.h"
#include "harness/scenario/scenario.h"
#include "reports/json.h"
#include "reports/result_file.h"
#include "sim/explore/strategy_spec.h"
#include "sim/schedule/schedule.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::fuzz {

void ScenarioYaml(Input input) {
  harness::ReadScenario(FileWith(input, ".yaml")).status().IgnoreError();
}

void ScheduleJson(Input input) {
  const absl::StatusOr<sim::Schedule> schedule = sim::ParseSchedule(TextOf(input), "input");
  if (!schedule.ok()) return;
  const std::string text = sim::FormatSchedule(*schedule);
  const absl::StatusOr<sim::Schedule> again = sim::ParseSchedule(text, "again");
  Require(again.ok(), "a schedule that was read can be written and read");
  Require(sim::FormatSchedule(*again) == text, "and stays the same");
}

void ResultJson(Input input) {
  const auto results = reports::ParseResults(TextOf(input), "input");
  if (results.ok()) reports::RenderJson(*results);
}

void FindingJson(Input input) {
  const auto finding = reports::ParseFinding(TextOf(input), "input");
  if (finding.ok()) reports::RenderJson(*finding);
}

void HostRequest(Input input) {
  const absl::StatusOr<host::Request> request = host::ParseRequest(TextOf(input), "input");
  if (!request.ok()) return;
  const absl::StatusOr<std::string> text = host::FormatRequest(*request);
  Require(text.ok() && host::ParseRequest(*text, "again").ok(),
          "a request that was read can be written and read");
}

void SanitizerText(Input input) { sim::ParseSanitizerReports(TextOf(input)); }

void StrategyText(Input input) { sim::ParseStrategySpec(TextOf(input)).status().IgnoreError(); }

}  // namespace heddle::fuzz
