#include "reports/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "reports/summary.h"
#include "sim/text/markup.h"
#include "sim/text/printable.h"

namespace heddle::reports {
namespace {

using sim::Frame;
using sim::Printable;
using sim::PrintableLines;
using sim::Stack;

enum class Style { kPlain, kGood, kBad, kWarning, kStrong, kFaint };

// One line.
std::string Styled(absl::string_view text, Style style, const TerminalOptions& options) {
  static constexpr std::array<absl::string_view, 6> kCodes = {"", "32", "31;1", "33", "1", "2"};
  const std::string line = Printable(text);
  if (!options.color || style == Style::kPlain) return line;
  return absl::StrCat("\x1b[", kCodes[static_cast<size_t>(style)], "m", line, "\x1b[0m");
}

// "1,234,567"
std::string Grouped(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return digits;
}

std::string DurationText(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 100) return absl::StrFormat("%.1f s", seconds);
  const int whole = static_cast<int>(seconds);
  return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
}

std::string Plural(uint64_t count, absl::string_view noun) {
  return absl::StrCat(Grouped(count), " ", noun, count == 1 ? "" : "s");
}

// Files of the working directory without its name, others in full.
std::string ShortPath(absl::string_view path) {
  std::error_code error;
  absl::ConsumePrefix(&path, std::filesystem::current_path(error).string() + "/");
  return Printable(path);
}

// --- The table --------------------------------------------------------------------------------

struct Row {
  std::vector<std::string> columns;
  std::string verdict;
  Style style = Style::kPlain;
  std::string note;
};

std::string CleanNote(const CellResult& cell) {
  std::vector<std::string> parts = {Plural(cell.events, "event"),
                                    Plural(cell.snapshots, "snapshot")};
  if (cell.explored) {
    parts = {Plural(cell.explored->distinct, "distinct schedule"),
             Plural(cell.explored->interleavings, "distinct interleaving"),
             absl::StrCat(Plural(cell.explored->histories, "distinct outcome"), " checked")};
    if (cell.explored->races > 0) {
      parts.push_back(absl::StrCat(Plural(cell.explored->races, "race"), " targeted"));
    }
    if (cell.explored->faults > 0) parts.push_back(Plural(cell.explored->faults, "fault"));
    if (cell.explored->exhausted) parts.push_back("search complete");
  }
  if (cell.full > 0) parts.push_back(absl::StrCat("channel full ", Plural(cell.full, "time")));
  if (cell.refused > 0) parts.push_back(absl::StrCat(Grouped(cell.refused), " refused"));
  return absl::StrJoin(parts, ", ");
}

// "expected: 12 data races; others: 1 hang, 2 crashes".
std::string ExpectedNote(const CellResult& cell) {
  const std::string others = CountsOf(cell.findings, FindingStatus::kAllowed);
  return absl::StrCat("expected: ", CountsOf(cell.findings, FindingStatus::kExpected),
                      others.empty() ? "" : "; others: ", others);
}

// The findings that a cell that is not as expected shows: not those that its scenario names or
// allows.
std::vector<const Finding*> UnexpectedIn(const CellResult& cell) {
  std::vector<const Finding*> unexpected;
  for (const Finding& finding : cell.findings) {
    if (finding.status == FindingStatus::kUnexpected) unexpected.push_back(&finding);
  }
  return unexpected;
}

Row CellRow(const ScenarioResult& scenario, const CellResult& cell, bool first) {
  Row row;
  const bool reference = cell.dispatcher == sim::Dispatcher::kReference;
  row.columns = {first ? Printable(scenario.name) : "", std::string(Name(cell.dispatcher)),
                 reference ? "-" : std::string(Name(cell.flavour)), absl::StrCat(cell.runs),
                 DurationText(cell.duration)};
  if (!cell.met) {
    const bool undecided = scenario.interrupted && cell.reason.empty();
    row.verdict = undecided ? "interrupted" : "FAIL";
    row.style = undecided ? Style::kWarning : Style::kBad;
    row.note = cell.reason;
  } else {
    row.verdict = "ok";
    row.style = Style::kGood;
    row.note =
        scenario.expects_findings && !cell.findings.empty() ? ExpectedNote(cell) : CleanNote(cell);
  }
  return row;
}

std::vector<Row> Rows(const std::vector<ScenarioResult>& results, const TerminalOptions& options) {
  std::vector<Row> rows;
  for (const ScenarioResult& scenario : results) {
    if (options.quiet && scenario.met()) continue;
    bool first = true;
    for (const CellResult& cell : scenario.cells) {
      rows.push_back(CellRow(scenario, cell, first));
      first = false;
    }
    if (!scenario.environment.empty()) {
      rows.push_back({{first ? Printable(scenario.name) : "", "", "", "", ""},
                      "CANNOT RUN",
                      Style::kWarning,
                      scenario.environment});
    }
  }
  return rows;
}

std::string RenderTable(const std::vector<Row>& rows, const TerminalOptions& options) {
  if (rows.empty()) return "";
  const std::vector<std::string> heads = {"scenario", "dispatcher", "flavour", "runs", "time"};
  std::vector<size_t> widths;
  for (size_t column = 0; column < heads.size(); ++column) {
    widths.push_back(heads[column].size());
    for (const Row& row : rows)
      widths[column] = std::max(widths[column], row.columns[column].size());
  }
  const auto line = [&](const std::vector<std::string>& columns) {
    constexpr size_t kFirstNumber = 3;  // numbers are aligned right
    std::string text;
    for (size_t column = 0; column < columns.size(); ++column) {
      const std::string gap(widths[column] - columns[column].size(), ' ');
      absl::StrAppend(&text, "  ",
                      column < kFirstNumber ? columns[column] + gap : gap + columns[column]);
    }
    return text;
  };
  std::string out = Styled(absl::StrCat(line(heads), "  verdict"), Style::kFaint, options) + "\n";
  for (const Row& row : rows) {
    absl::StrAppend(&out, line(row.columns), "  ", Styled(row.verdict, row.style, options),
                    row.note.empty() ? "" : "  ", PrintableLines(row.note), "\n");
  }
  return out;
}

// --- Unexpected findings -----------------------------------------------------------------------

std::string RenderStack(const Stack& stack, const TerminalOptions& options) {
  std::string out = absl::StrCat("    ", Printable(stack.title), "\n");
  size_t shown = 0;
  for (const Frame* frame : sim::OwnFrames(stack)) {
    if (shown++ == options.frames) break;
    const std::string function =
        frame->function.empty() ? "?" : sim::ShortFunction(frame->function);
    std::string place = frame->module;
    if (!frame->file.empty()) place = absl::StrCat(ShortPath(frame->file), ":", frame->line);
    absl::StrAppend(&out, "      ", Styled(function, Style::kStrong, options), "  ",
                    Styled(place, Style::kFaint, options), "\n");
  }
  if (stack.frames.empty()) absl::StrAppend(&out, "      (no stack available)\n");
  return out;
}

std::string RenderCellFindings(const ScenarioResult& scenario, const CellResult& cell,
                               const TerminalOptions& options) {
  std::string out = absl::StrCat(
      "\n",
      Styled(absl::StrCat(scenario.name, ", ", Name(cell.dispatcher), " ", Name(cell.flavour)),
             Style::kStrong, options),
      ": ", PrintableLines(cell.reason), "\n");
  const std::vector<const Finding*> unexpected = UnexpectedIn(cell);
  const size_t shown = options.findings == 0 ? unexpected.size() : options.findings;
  for (size_t i = 0; i < unexpected.size() && i < shown; ++i) {
    const Finding& finding = *unexpected[i];
    absl::StrAppend(&out, RenderFinding(finding, options), "    in ", finding.runs, " of ",
                    Plural(cell.runs, "run"), ", first in run ", finding.first_run, "; dedup key ",
                    Printable(finding.dedup_key), "\n");
    if (!finding.schedule.empty()) {
      absl::StrAppend(&out, "    replay: heddle replay ",
                      Printable(sim::ShellWord(finding.schedule)), "\n");
    }
  }
  if (unexpected.size() > shown) {
    absl::StrAppend(&out, "  ... and ", unexpected.size() - shown, " more (--all shows them)\n");
  }
  if (unexpected.size() < cell.findings.size()) {
    absl::StrAppend(&out, "  ", ExpectedNote(cell), "\n");
  }
  if (!cell.kept_folder.empty()) {
    absl::StrAppend(&out, "  files: ", ShortPath(cell.kept_folder), "\n");
  }
  absl::StrAppend(&out, "  run again: ", Printable(scenario.again), " --dispatcher ",
                  Name(cell.dispatcher));
  if (cell.dispatcher != sim::Dispatcher::kReference) {
    absl::StrAppend(&out, " --flavour ", Name(cell.flavour));
  }
  return out + "\n";
}

std::string Summary(const std::vector<ScenarioResult>& results, const TerminalOptions& options) {
  size_t met = 0, unmet = 0, unable = 0;
  bool interrupted = false;
  std::chrono::nanoseconds duration{};
  for (const ScenarioResult& scenario : results) {
    duration += scenario.duration;
    interrupted |= scenario.interrupted;
    const bool failed =
        std::any_of(scenario.cells.begin(), scenario.cells.end(),
                    [](const CellResult& cell) { return !cell.met && !cell.reason.empty(); });
    if (failed) {
      ++unmet;
    } else if (!scenario.environment.empty()) {
      ++unable;
    } else if (scenario.met()) {
      ++met;
    }
  }
  std::vector<std::string> parts = {
      absl::StrCat(met, " of ", Plural(results.size(), "scenario"), " as expected")};
  if (unmet > 0) parts.push_back(absl::StrCat(unmet, " not as expected"));
  if (unable > 0) parts.push_back(absl::StrCat(unable, " cannot run"));
  if (interrupted) parts.push_back("interrupted");
  const std::string text =
      absl::StrCat(absl::StrJoin(parts, ", "), " (", DurationText(duration), ")");
  const Style style = unmet > 0                   ? Style::kBad
                      : unable > 0 || interrupted ? Style::kWarning
                                                  : Style::kGood;
  return absl::StrCat("\n", Styled(text, style, options), "\n");
}

}  // namespace

bool WantsColor(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || absl::string_view(term) == "dumb") return false;
  return isatty(fd) == 1;
}

std::string RenderFinding(const Finding& finding, const TerminalOptions& options) {
  std::string out = absl::StrCat("  ", Styled(Name(finding.kind), Style::kBad, options), " (",
                                 Printable(finding.source),
                                 finding.detail.empty() || finding.detail == Name(finding.kind)
                                     ? ""
                                     : absl::StrCat(": ", Printable(finding.detail)),
                                 ")\n");
  if (finding.stacks.empty()) {
    return absl::StrCat(out, "    ", PrintableLines(finding.message), "\n");
  }
  for (const Stack& stack : finding.stacks) {
    // The report has the places of thread creation; the terminal leaves them out.
    if (absl::StartsWith(stack.title, "Thread ") && !stack.is_access) continue;
    absl::StrAppend(&out, RenderStack(stack, options));
  }
  return out;
}

std::string RenderTerminal(const std::vector<ScenarioResult>& results,
                           const TerminalOptions& options) {
  std::string out = RenderTable(Rows(results, options), options);
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      if (!cell.met && !cell.reason.empty()) {
        absl::StrAppend(&out, RenderCellFindings(scenario, cell, options));
      }
    }
  }
  return out + Summary(results, options);
}

}  // namespace heddle::reports
