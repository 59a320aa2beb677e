#include "reports/junit.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/json.h"
#include "reports/summary.h"
#include "reports/terminal.h"
#include "sim/text/markup.h"

namespace heddle::reports {
namespace {

using sim::EscapeForXml;

std::string Time(std::chrono::nanoseconds duration) {
  return absl::StrFormat("%.3f", std::chrono::duration<double>(duration).count());
}

std::string CaseName(const ScenarioResult& scenario, const CellResult& cell) {
  return absl::StrCat(DispatcherName(scenario, cell), " ", Name(cell.flavour));
}

void AddCase(const ScenarioResult& scenario, const CellResult& cell, std::string* out) {
  absl::StrAppend(out, "    <testcase classname=\"", EscapeForXml(scenario.name), "\" name=\"",
                  EscapeForXml(CaseName(scenario, cell)), "\" time=\"", Time(cell.duration), "\"");
  if (cell.met) {
    absl::StrAppend(out, "/>\n");
    return;
  }
  absl::StrAppend(out, ">\n");
  if (scenario.interrupted && cell.reason.empty()) {
    absl::StrAppend(out, "      <skipped message=\"interrupted\"/>\n");
  } else {
    std::string text;
    absl::string_view type = "expectation";
    for (const Finding& finding : cell.findings) {
      if (finding.status != FindingStatus::kUnexpected) continue;
      if (text.empty()) type = Name(finding.kind);
      absl::StrAppend(&text, RenderFinding(finding, {}));
      absl::StrAppend(&text, "run again: ", AgainCommand(scenario, cell, finding), "\n\n");
    }
    if (text.empty()) absl::StrAppend(&text, "run again: ", scenario.again, "\n");
    absl::StrAppend(out, "      <failure type=\"", type, "\" message=\"", EscapeForXml(cell.reason),
                    "\">", EscapeForXml(text), "</failure>\n");
  }
  absl::StrAppend(out, "    </testcase>\n");
}

}  // namespace

std::string RenderJUnit(const std::vector<ScenarioResult>& results) {
  std::string suites;
  size_t all = 0, all_failed = 0;
  std::chrono::nanoseconds duration{};
  for (const ScenarioResult& scenario : results) {
    std::string cases;
    size_t tests = scenario.cells.size(), failed = 0, skipped = 0;
    for (const CellResult& cell : scenario.cells) {
      const bool undecided = scenario.interrupted && cell.reason.empty();
      if (!cell.met) ++(undecided ? skipped : failed);
      AddCase(scenario, cell, &cases);
    }
    if (!scenario.environment.empty()) {
      ++tests;
      ++skipped;
      absl::StrAppend(&cases, "    <testcase classname=\"", EscapeForXml(scenario.name),
                      "\" name=\"environment\" time=\"0\">\n      <skipped message=\"",
                      EscapeForXml(scenario.environment), "\"/>\n    </testcase>\n");
    }
    absl::StrAppend(&suites, "  <testsuite name=\"", EscapeForXml(scenario.name), "\" tests=\"",
                    tests, "\" failures=\"", failed, "\" errors=\"0\" skipped=\"", skipped,
                    "\" time=\"", Time(scenario.duration), "\">\n", cases, "  </testsuite>\n");
    all += tests;
    all_failed += failed;
    duration += scenario.duration;
  }
  // No "skipped" here: Jenkins' schema (xunit-plugin, junit-10.xsd) allows it for suites only.
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"heddle\" "
      "tests=\"",
      all, "\" failures=\"", all_failed, "\" errors=\"0\" time=\"", Time(duration), "\">\n", suites,
      "</testsuites>\n");
}

}  // namespace heddle::reports
