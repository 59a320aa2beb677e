#include "reports/markdown.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/summary.h"
#include "reports/terminal.h"
#include "sim/text/markup.h"

namespace heddle::reports {
namespace {

using sim::EscapeForMarkdown;
using sim::EscapeForXml;
using sim::MarkdownCodeBlock;

std::string TableRow(const ScenarioResult& scenario, const CellResult& cell) {
  const char* verdict = cell.met               ? "✅ as expected"
                        : scenario.interrupted ? "⚠️ interrupted"
                                               : "❌ not as expected";
  return absl::StrCat(
      "| ", EscapeForMarkdown(scenario.name), " | ", DispatcherName(scenario, cell), " | ",
      Name(cell.flavour), " | ", cell.runs, " | ",
      absl::StrFormat("%.1f s", std::chrono::duration<double>(cell.duration).count()), " | ",
      verdict, cell.reason.empty() ? "" : absl::StrCat(": ", EscapeForMarkdown(cell.reason)),
      " |\n");
}

std::string Details(const ScenarioResult& scenario, const CellResult& cell,
                    const Finding& finding) {
  const std::string status =
      finding.status == FindingStatus::kUnexpected ? "" : absl::StrCat(Name(finding.status), ": ");
  // Markdown has no meaning between these tags, HTML has.
  return absl::StrCat("\n<details><summary>", status, "<b>", EscapeForXml(Title(finding)), "</b> (",
                      EscapeForXml(scenario.name), ", ", DispatcherName(scenario, cell), " ",
                      Name(cell.flavour), ")</summary>\n\n",
                      MarkdownCodeBlock(RenderFinding(finding, {})), "\nRun again:\n\n",
                      MarkdownCodeBlock(AgainCommand(scenario, cell, finding)), "\n</details>\n");
}

}  // namespace

std::string RenderMarkdown(const std::vector<ScenarioResult>& results) {
  const auto met = std::count_if(results.begin(), results.end(),
                                 [](const ScenarioResult& each) { return each.met(); });
  const bool all = static_cast<size_t>(met) == results.size();
  std::string out = absl::StrCat("### ", all ? "✅" : "❌", " Heddle: ", met, " of ", results.size(),
                                 results.size() == 1 ? " scenario" : " scenarios",
                                 " as expected\n\n| scenario | dispatcher | flavour | runs | time "
                                 "| verdict |\n| --- | --- | --- | ---: | ---: | --- |\n");
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) absl::StrAppend(&out, TableRow(scenario, cell));
    if (!scenario.environment.empty()) {
      absl::StrAppend(&out, "| ", EscapeForMarkdown(scenario.name),
                      " | | | | | ⚠️ cannot run: ", EscapeForMarkdown(scenario.environment),
                      " |\n");
    }
  }
  size_t left_out = 0;
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        const std::string details = Details(scenario, cell, finding);
        if (out.size() + details.size() > kMaxMarkdownBytes) {
          ++left_out;
        } else {
          absl::StrAppend(&out, details);
        }
      }
    }
  }
  if (left_out > 0) absl::StrAppend(&out, "\n", left_out, " more in the full report\n");
  return out;
}

}  // namespace heddle::reports
