#include "reports/markdown.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "reports/summary.h"
#include "reports/terminal.h"

namespace heddle::reports {
namespace {

// Escapes all markup in `text`, and keeps it in its table's cell.
std::string Escape(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += ' ';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (absl::string_view("\\`*_{}[]()#+!|>~@").find(c) != absl::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

// A code block. Its fence is longer than any row of backticks in it.
std::string Code(absl::string_view text) {
  std::string fence = "```";
  while (absl::StrContains(text, fence)) fence += '`';
  return absl::StrCat(fence, "text\n", text, text.empty() || text.back() == '\n' ? "" : "\n", fence,
                      "\n");
}

std::string Row(const ScenarioResult& scenario, const CellResult& cell) {
  const char* verdict = cell.met               ? "✅ as expected"
                        : scenario.interrupted ? "⚠️ interrupted"
                                               : "❌ not as expected";
  return absl::StrCat(
      "| ", Escape(scenario.name), " | ", Escape(DispatcherName(scenario, cell)), " | ",
      Name(cell.flavour), " | ", cell.runs, " | ",
      absl::StrFormat("%.1f s", std::chrono::duration<double>(cell.duration).count()), " | ",
      verdict, cell.reason.empty() ? "" : absl::StrCat(": ", Escape(cell.reason)), " |\n");
}

std::string Details(const ScenarioResult& scenario, const CellResult& cell,
                    const Finding& finding) {
  const std::string status =
      finding.status == FindingStatus::kUnexpected ? "" : absl::StrCat(Name(finding.status), ": ");
  return absl::StrCat("\n<details><summary>", status, "<b>", Escape(Title(finding)), "</b> (",
                      Escape(scenario.name), ", ", Escape(DispatcherName(scenario, cell)), " ",
                      Name(cell.flavour), ")</summary>\n\n", Code(RenderFinding(finding, {})),
                      "\nRun again:\n\n", Code(AgainCommand(scenario, cell, finding)),
                      "\n</details>\n");
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
    for (const CellResult& cell : scenario.cells) absl::StrAppend(&out, Row(scenario, cell));
    if (!scenario.environment.empty()) {
      absl::StrAppend(&out, "| ", Escape(scenario.name),
                      " | | | | | ⚠️ cannot run: ", Escape(scenario.environment), " |\n");
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
