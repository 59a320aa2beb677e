#include "reports/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "reports/model/cause.h"
#include "reports/model/thread_names.h"
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

// The number of columns of `text`, which has no control characters: a code point of UTF-8 takes
// one.
size_t ColumnsOf(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// `text` in lines of options.width columns at most, where words allow it. The first line begins
// with `first` (which is not part of what is broken), the others with `indent` spaces.
std::string Broken(const std::string& first, absl::string_view text, size_t indent,
                   const TerminalOptions& options) {
  std::string out = first;
  size_t columns = ColumnsOf(first);
  bool at_start = true;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const size_t wide = ColumnsOf(word);
    if (!at_start && options.width > 0 && columns + 1 + wide > options.width) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      columns = indent;
      at_start = true;
    }
    absl::StrAppend(&out, at_start ? "" : " ", word);
    columns += wide + (at_start ? 0 : 1);
    at_start = false;
  }
  return out;
}

// Each line of `text` by itself.
std::string BrokenLines(absl::string_view text, size_t indent, const TerminalOptions& options) {
  std::vector<std::string> lines;
  const std::string spaces(indent, ' ');
  const std::string printable = PrintableLines(text);
  for (const absl::string_view line : absl::StrSplit(printable, '\n')) {
    lines.push_back(Broken(spaces, line, indent + 2, options));
  }
  return absl::StrJoin(lines, "\n");
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

std::string CleanNote(const ScenarioResult& scenario, const CellResult& cell) {
  std::vector<std::string> parts = {Plural(cell.events, "event"),
                                    Plural(cell.snapshots, "snapshot")};
  if (cell.explored) {
    parts = {Plural(cell.explored->distinct, "distinct schedule"),
             Plural(cell.explored->interleavings, "distinct interleaving")};
    if (!scenario.is_program) {
      parts.push_back(
          absl::StrCat(Plural(cell.explored->histories, "distinct outcome"), " checked"));
    }
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

bool AllPrograms(const std::vector<ScenarioResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const ScenarioResult& each) { return each.is_program; });
}

// Nothing was found, but executions ended early.
bool IsInconclusive(const ScenarioResult& scenario, const CellResult& cell) {
  return scenario.is_program && !cell.met && cell.findings.empty() && cell.explored &&
         (cell.explored->ended_early > 0 || cell.explored->proof);
}

Row CellRow(const ScenarioResult& scenario, const CellResult& cell, bool first) {
  Row row;
  const bool reference = !scenario.is_program && cell.dispatcher == sim::Dispatcher::kReference;
  row.columns = {first ? Printable(scenario.name) : "", DispatcherName(scenario, cell),
                 reference ? "-" : std::string(Name(cell.flavour)), absl::StrCat(cell.runs),
                 DurationText(cell.duration)};
  row.note = cell.reason;
  if (cell.met) {
    row.verdict = "ok";
    row.style = Style::kGood;
    row.note = scenario.expects_findings && !cell.findings.empty() ? ExpectedNote(cell)
                                                                   : CleanNote(scenario, cell);
  } else if (scenario.interrupted && cell.reason.empty()) {
    row.verdict = "interrupted";
    row.style = Style::kWarning;
  } else if (IsInconclusive(scenario, cell)) {
    row.verdict = "INCONCLUSIVE";
    row.style = Style::kWarning;
  } else {
    row.verdict = "FAIL";
    row.style = Style::kBad;
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

std::string RenderTable(const std::vector<Row>& rows, bool programs,
                        const TerminalOptions& options) {
  if (rows.empty()) return "";
  constexpr size_t kDispatcher = 1;   // programs have none
  constexpr size_t kFirstNumber = 3;  // numbers are aligned right
  const std::vector<std::string> heads = {programs ? "program" : "scenario", "dispatcher",
                                          "flavour", programs ? "schedules" : "runs", "time"};
  std::vector<size_t> widths;
  for (size_t column = 0; column < heads.size(); ++column) {
    widths.push_back(heads[column].size());
    for (const Row& row : rows)
      widths[column] = std::max(widths[column], row.columns[column].size());
  }
  const auto line = [&](const std::vector<std::string>& columns) {
    std::string text;
    for (size_t column = 0; column < columns.size(); ++column) {
      if (programs && column == kDispatcher) continue;
      const std::string gap(widths[column] - columns[column].size(), ' ');
      absl::StrAppend(&text, "  ",
                      column < kFirstNumber ? columns[column] + gap : gap + columns[column]);
    }
    return text;
  };
  std::string out = Styled(absl::StrCat(line(heads), "  verdict"), Style::kFaint, options) + "\n";
  for (const Row& row : rows) {
    const std::string begin = line(row.columns);
    absl::StrAppend(&out, begin, "  ", Styled(row.verdict, row.style, options));
    const std::string note = PrintableLines(row.note);
    const size_t columns = ColumnsOf(begin) + row.verdict.size() + 4 + ColumnsOf(note);
    if (options.width > 0 && columns > options.width) {
      absl::StrAppend(&out, "\n", BrokenLines(row.note, 4, options));
    } else {
      absl::StrAppend(&out, note.empty() ? "" : "  ", note);
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

// --- Unexpected findings -----------------------------------------------------------------------

std::string PlaceText(const Frame& frame) {
  if (frame.file.empty()) return Printable(sim::BaseName(frame.module));
  return absl::StrCat(ShortPath(frame.file), frame.line > 0 ? absl::StrCat(":", frame.line) : "");
}

std::string FunctionText(const Frame& frame) {
  return frame.function.empty() ? "?" : Printable(sim::ShortFunction(frame.function));
}

// "F  file.cc:12", or in two lines where it does not fit.
std::string RenderFrame(const Frame& frame, const TerminalOptions& options) {
  const std::string function = FunctionText(frame), place = PlaceText(frame);
  constexpr size_t kIndent = 6;
  const bool fits =
      options.width == 0 || kIndent + ColumnsOf(function) + 2 + ColumnsOf(place) <= options.width;
  return absl::StrCat(std::string(kIndent, ' '), Styled(function, Style::kStrong, options),
                      fits ? "  " : "\n        ", Styled(place, Style::kFaint, options), "\n");
}

std::string RenderStack(const Stack& stack, const TerminalOptions& options) {
  std::string out = absl::StrCat(Broken("    ", Printable(stack.title), 6, options), "\n");
  size_t shown = 0;
  if (options.all_frames) {
    for (const Frame& frame : stack.frames) absl::StrAppend(&out, RenderFrame(frame, options));
  } else {
    for (const Frame* frame : sim::OwnFrames(stack)) {
      if (shown++ == options.frames) break;
      absl::StrAppend(&out, RenderFrame(*frame, options));
    }
  }
  if (stack.frames.empty()) absl::StrAppend(&out, "      (no stack available)\n");
  return out;
}

// What each thread did that led to what the runtime saw, in order. Empty when the finding has no
// stacks.
std::string RenderCause(const Cause& cause, const TerminalOptions& options) {
  std::string out;
  for (const CauseEvent& event : cause.events) {
    Stack stack;
    stack.title = absl::StrCat(event.who, event.who.empty() ? "" : " ", event.what);
    stack.frames = event.frames;
    absl::StrAppend(&out, RenderStack(stack, options));
  }
  return out;
}

bool IsSanitizer(absl::string_view source) { return absl::EndsWith(source, "Sanitizer"); }

// What was found, in the words of who found it.
std::string Headline(const Finding& finding) {
  if (IsSanitizer(finding.source)) {
    // As its summary has it.
    const bool race = finding.kind == FindingKind::kDataRace;
    return absl::StrCat(finding.source, ": ", race ? "data race" : finding.detail);
  }
  if (finding.source == kHeddle) {
    const absl::string_view line =
        absl::string_view(finding.message).substr(0, finding.message.find('\n'));
    const absl::string_view text = absl::StripSuffix(line, ":");
    if (absl::StartsWith(text, finding.detail)) return std::string(text);
    return absl::StrCat(finding.detail, ": ", text);
  }
  const bool has_detail = !finding.detail.empty() && finding.detail != Name(finding.kind);
  return absl::StrCat(Name(finding.kind), " (", finding.source, has_detail ? ": " : "",
                      has_detail ? finding.detail : "", ")");
}

// The message without what the headline says.
absl::string_view RestOfMessage(const Finding& finding) {
  absl::string_view message = finding.message;
  if (finding.source != kHeddle) return message;
  const size_t line = message.find('\n');
  return line == absl::string_view::npos ? "" : message.substr(line + 1);
}

// How often and when it came, and the commands that go on from it.
std::string RenderOccurrence(const CellResult& cell, const Finding& finding,
                             const TerminalOptions& options) {
  const std::string when =
      cell.explored ? absl::StrCat("found in schedule ", Grouped(finding.first_run), ", in ",
                                   finding.runs, " of ", Grouped(static_cast<uint64_t>(cell.runs)))
                    : absl::StrCat("in ", finding.runs, " of ",
                                   Plural(static_cast<uint64_t>(cell.runs), "run"),
                                   ", first in run ", finding.first_run);
  std::string out = absl::StrCat(
      Broken("    ", absl::StrCat(when, "; dedup key ", Printable(finding.dedup_key)), 6, options),
      "\n");
  if (!finding.schedule.empty()) {
    absl::StrAppend(&out, "    replay: heddle replay ", Printable(sim::ShellWord(finding.schedule)),
                    options.replay_options.empty() ? "" : " ", Printable(options.replay_options),
                    "\n");
  }
  return out;
}

// The command that makes a page of what the cell has; "" when it has no schedule files.
std::string PageCommand(const ScenarioResult& scenario, const CellResult& cell) {
  for (const Finding& finding : cell.findings) {
    if (finding.schedule.empty()) continue;
    const std::string folder = std::filesystem::path(finding.schedule).parent_path().string();
    return absl::StrCat(
        "heddle report ", sim::ShellWord(folder.empty() ? "." : folder),
        scenario.is_program ? absl::StrCat(" --program ", sim::ShellWord(scenario.path)) : "");
  }
  return "";
}

std::string RenderCellFindings(const ScenarioResult& scenario, const CellResult& cell,
                               const TerminalOptions& options) {
  const std::string name =
      scenario.is_program
          ? absl::StrCat(scenario.name, ", ", Name(cell.flavour))
          : absl::StrCat(scenario.name, ", ", Name(cell.dispatcher), " ", Name(cell.flavour));
  std::string out = absl::StrCat("\n", Styled(name, Style::kStrong, options), ": ",
                                 PrintableLines(cell.reason), "\n");
  const std::vector<const Finding*> unexpected = UnexpectedIn(cell);
  const size_t shown = options.findings == 0 ? unexpected.size() : options.findings;
  for (size_t i = 0; i < unexpected.size() && i < shown; ++i) {
    absl::StrAppend(&out, RenderFinding(*unexpected[i], options),
                    RenderOccurrence(cell, *unexpected[i], options));
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
  if (const std::string page = PageCommand(scenario, cell); !page.empty()) {
    absl::StrAppend(&out, "  page: ", Printable(page), "\n");
  }
  absl::StrAppend(&out, "  run again: ", Printable(scenario.again));
  if (!scenario.is_program) {
    absl::StrAppend(&out, " --dispatcher ", Name(cell.dispatcher));
    if (cell.dispatcher != sim::Dispatcher::kReference) {
      absl::StrAppend(&out, " --flavour ", Name(cell.flavour));
    }
  }
  return out + "\n";
}

// What the clean campaigns cannot have seen, and why executions were slower than they could be;
// each sentence once.
std::string RenderUnseen(const std::vector<ScenarioResult>& results,
                         const TerminalOptions& options) {
  std::vector<std::string> unseen, few, slow;
  const auto add = [](const std::string& text, std::vector<std::string>* all) {
    if (std::find(all->begin(), all->end(), text) == all->end()) all->push_back(text);
  };
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      if (!cell.explored) continue;
      if (!cell.explored->why_few.empty()) {
        add(absl::StrCat(Plural(cell.explored->distinct, "distinct schedule"), " of ",
                         Grouped(cell.explored->schedules), ": ", cell.explored->why_few),
            &few);
      }
      if (!cell.explored->by_fork.empty()) add(cell.explored->by_fork, &slow);
      // The verdict says it.
      if (IsInconclusive(scenario, cell)) continue;
      for (const std::string& text : cell.explored->unseen) add(text, &unseen);
    }
  }
  std::string out = few.empty() && unseen.empty() && slow.empty() ? "" : "\n";
  for (const std::string& text : few) {
    absl::StrAppend(&out, Broken("", Printable(text), 2, options), "\n");
  }
  for (const std::string& text : unseen) {
    absl::StrAppend(&out, Broken("not seen: ", Printable(text), 2, options), "\n");
  }
  for (const std::string& text : slow) {
    absl::StrAppend(&out, Broken("note: ", Printable(text), 2, options), "\n");
  }
  return out;
}

// What `auto` took, and of a campaign without findings what it covered and whether it still learns:
// a line each.
std::string CoverageLines(const Explored& explored, bool clean, const TerminalOptions& options) {
  std::vector<std::string> lines;
  if (!explored.took.empty()) lines.push_back(explored.took);
  if (clean && explored.interleavings > 1) {
    lines.push_back(absl::StrCat(
        "covered: ", Plural(explored.interleavings, "interleaving"), ", ",
        Plural(explored.reads_from, "reads-from pair"), ", ",
        Plural(explored.adjacent, "adjacent pair"), " of operations, ",
        Plural(explored.lock_orders, "lock order"), "; the next schedule is a new interleaving in ",
        absl::StrFormat("%.0f", 100.0 * static_cast<double>(explored.once) /
                                    static_cast<double>(explored.schedules)),
        " of 100 cases"));
  }
  if (!explored.hint.empty()) lines.push_back("hint: " + explored.hint);
  std::string out;
  for (const std::string& line : lines) {
    absl::StrAppend(&out, "\n", Broken("", Printable(line), 2, options));
  }
  return out.empty() ? out : out + "\n";
}

// The last lines, for campaigns on programs.
std::string ProgramSummary(const std::vector<ScenarioResult>& results,
                           const TerminalOptions& options) {
  size_t findings = 0;
  bool interrupted = false, early = false, complete = true;
  std::vector<std::string> proofs;
  std::string coverage;
  Explored sum;
  std::chrono::nanoseconds duration{};
  for (const ScenarioResult& scenario : results) {
    interrupted |= scenario.interrupted;
    duration += scenario.duration;
    for (const CellResult& cell : scenario.cells) {
      findings += cell.findings.size();
      early |= IsInconclusive(scenario, cell);
      if (!cell.explored) continue;
      sum.schedules += cell.explored->schedules;
      sum.distinct += cell.explored->distinct;
      sum.interleavings += cell.explored->interleavings;
      sum.faults += cell.explored->faults;
      complete &= cell.explored->exhausted;
      if (cell.explored->proof) proofs.push_back(ProofText(scenario, cell));
      if (!options.quiet)
        absl::StrAppend(&coverage, CoverageLines(*cell.explored, cell.findings.empty(), options));
    }
  }
  const double seconds = std::chrono::duration<double>(duration).count();
  std::string text = absl::StrCat(
      interrupted ? "interrupted: " : "finished: ", Plural(findings, "finding"), " in ",
      Plural(sum.schedules, "schedule"), " (", Grouped(sum.distinct), " distinct, ",
      Plural(sum.interleavings, "interleaving"), "), ", DurationText(duration));
  if (seconds > 0 && sum.schedules > 1) {
    absl::StrAppendFormat(&text, ", %.0f/s", static_cast<double>(sum.schedules) / seconds);
  }
  if (sum.faults > 0) absl::StrAppend(&text, ", ", Plural(sum.faults, "fault"));
  if (!proofs.empty()) {
    text = absl::StrCat(interrupted ? "interrupted: " : "", absl::StrJoin(proofs, "; "));
  } else if (complete) {
    absl::StrAppend(&text, "; search complete: the strategy ran every schedule within its bounds");
  }
  const Style style = findings > 0           ? Style::kBad
                      : interrupted || early ? Style::kWarning
                                             : Style::kGood;
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(Broken("", text, 2, options), '\n')) {
    lines.push_back(Styled(line, style, options));
  }
  return absl::StrCat(coverage, "\n", absl::StrJoin(lines, "\n"), "\n");
}

std::string Summary(const std::vector<ScenarioResult>& results, const TerminalOptions& options) {
  if (AllPrograms(results)) return ProgramSummary(results, options);
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

size_t WidthOf(int fd) {
  winsize size{};
  return isatty(fd) == 1 && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string RenderFinding(const Finding& finding, const TerminalOptions& options) {
  const bool by_runtime = finding.source == kHeddle && !finding.stacks.empty();
  const bool told = finding.kind == FindingKind::kDeadlock ||
                    finding.kind == FindingKind::kLostWakeup ||
                    finding.kind == FindingKind::kHeapCorruption;
  const Cause cause = by_runtime && told ? CauseOf(finding) : Cause();
  const std::string headline = Printable(cause.events.empty() ? Headline(finding) : cause.headline);
  std::string place;
  if (const Frame* frame = PlaceOf(finding); frame != nullptr && IsSanitizer(finding.source)) {
    place = absl::StrCat(" in ", FunctionText(*frame), " ", PlaceText(*frame));
  }
  const bool fits = options.width == 0 || ColumnsOf(headline) + 2 <= options.width;
  std::string out = fits ? absl::StrCat("  ", Styled(headline, Style::kBad, options))
                         : Broken("  ", headline, 4, options);
  if (options.width > 0 && ColumnsOf(headline) + ColumnsOf(place) + 2 > options.width) {
    place = place.empty() ? "" : absl::StrCat("\n   ", place);
  }
  absl::StrAppend(&out, place, "\n");
  if (!cause.events.empty()) return out + RenderCause(cause, options);
  // The stacks say the same with places.
  const absl::string_view rest = RestOfMessage(finding);
  if (finding.stacks.empty() && !rest.empty()) {
    absl::StrAppend(&out, BrokenLines(rest, 4, options), "\n");
  }
  for (const Stack& stack : finding.stacks) {
    // The report has the places of thread creation; the terminal leaves them out.
    if (absl::StartsWith(stack.title, "Thread ") && !stack.is_access) continue;
    Stack shown = stack;
    if (const auto number = ThreadNumberOf(stack.thread); by_runtime && number) {
      shown.title = absl::StrCat(ThreadLabel(*number, ThreadNamesIn(finding)), " ", stack.title);
    }
    absl::StrAppend(&out, RenderStack(shown, options));
  }
  return out;
}

std::string RenderTerminal(const std::vector<ScenarioResult>& results,
                           const TerminalOptions& options) {
  std::string out = RenderTable(Rows(results, options), AllPrograms(results), options);
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      if (!cell.met && !cell.reason.empty() && !IsInconclusive(scenario, cell)) {
        absl::StrAppend(&out, RenderCellFindings(scenario, cell, options));
      }
    }
  }
  if (options.unseen && !options.quiet) absl::StrAppend(&out, RenderUnseen(results, options));
  return out + Summary(results, options);
}

}  // namespace heddle::reports
