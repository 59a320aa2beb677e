// heddle report: makes pages and files for people and machines of what runs and campaigns left.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/cli/scheduled_program.h"
#include "harness/store/merge.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/result_file.h"
#include "reports/sarif.h"
#include "reports/timeline.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using reports::Finding;
using reports::ScenarioResult;
using reports::Timeline;
using Timelines = std::map<std::string, Timeline>;  // by schedule file

struct ReportFlags {
  std::vector<std::string> results;
  std::string html, junit, sarif, markdown, perfetto;
  std::string source_root;
  Subject subject;
  bool no_replay = false;
  bool quiet = false;
};

// The findings of each schedule file, in order.
std::map<std::string, std::vector<Finding>> BySchedule(const std::vector<ScenarioResult>& results) {
  std::map<std::string, std::vector<Finding>> schedules;
  for (const ScenarioResult& scenario : results) {
    for (const reports::CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        if (!finding.schedule.empty()) schedules[finding.schedule].push_back(finding);
      }
    }
  }
  return schedules;
}

absl::StatusOr<Timeline> ReplayForTimeline(const std::string& path,
                                           const std::vector<Finding>& findings,
                                           const ReportFlags& flags) {
  const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
  if (!schedule.ok()) return schedule.status();
  absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<sim::ProgramOptions> program =
      ScheduledProgram(*schedule, path, schedule->flavour, flags.subject, folder->path());
  if (!program.ok()) return program.status();
  absl::StatusOr<sim::OperationLog> log = sim::LogOperations(*program, *schedule);
  if (!log.ok()) return log.status();
  return reports::MakeTimeline(*std::move(log), *schedule, schedule->flavour, findings);
}

// Replays every schedule that a finding names. One that cannot be replayed says why in its place.
Timelines MakeTimelines(const std::vector<ScenarioResult>& results, const ReportFlags& flags) {
  Timelines timelines;
  ProgressLine line(flags.quiet);
  const auto schedules = BySchedule(results);
  uint64_t steps = 0;
  for (const auto& [path, findings] : schedules) {
    if (sim::Interrupted()) break;
    line.Show(absl::StrCat("replaying ", timelines.size() + 1, " of ", schedules.size()));
    Timeline& timeline = timelines[path];
    absl::StatusOr<Timeline> made = ReplayForTimeline(path, findings, flags);
    if (!made.ok()) {
      timeline.error = absl::StrCat("The schedule cannot be replayed: ", made.status().message());
    } else if (steps + made->log.operations.size() > reports::kMaxPageSteps && steps > 0) {
      timeline.error =
          "Left out because the page would be too large. Make a report of this finding alone.";
    } else {
      timeline = *std::move(made);
      steps += timeline.log.operations.size();
    }
    const std::string warning =
        timeline.log.verdict.end == sim::ReplayEnd::kAsRecorded
            ? timeline.error
            : absl::StrCat("the replay is not as recorded: ", timeline.log.verdict.difference);
    if (!warning.empty() && !flags.quiet) {
      line.Clear();
      Tell(absl::StrCat("warning: ", path, ": ", warning));
    }
    timeline.schedule = path;
  }
  return timelines;
}

// "-" is stdout.
absl::Status Write(const std::string& path, const std::string& text, const ReportFlags& flags) {
  if (path == "-") {
    PrintRendered(text);
    return absl::OkStatus();
  }
  if (absl::Status status = reports::WriteWhole(path, text); !status.ok()) return status;
  if (!flags.quiet) Tell(absl::StrCat("wrote ", path));
  return absl::OkStatus();
}

// Beside the results.
std::string DefaultPage(const std::string& results) {
  std::error_code error;
  const fs::path folder =
      fs::is_directory(results, error) ? fs::path(results) : fs::path(results).parent_path();
  return (folder / "report.html").string();
}

// What the replays of the schedules mean for the exit code: the worst end of one.
int ExitCodeOfAll(const Timelines& timelines) {
  auto worst = sim::ReplayEnd::kAsRecorded;
  for (const auto& [path, timeline] : timelines) {
    worst = std::max(worst, timeline.log.verdict.end);
  }
  return ExitCodeOf(worst);
}

absl::Status WriteAll(const std::vector<ScenarioResult>& results, Timelines timelines,
                      const ReportFlags& flags) {
  absl::Status status;
  if (!flags.html.empty()) {
    status.Update(Write(flags.html, RenderHtml(results, timelines), flags));
  }
  if (!flags.junit.empty()) status.Update(Write(flags.junit, reports::RenderJUnit(results), flags));
  if (!flags.sarif.empty()) {
    const std::string text =
        reports::RenderSarif(results, flags.source_root)
            .dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    status.Update(Write(flags.sarif, absl::StrCat(text, "\n"), flags));
  }
  if (!flags.markdown.empty()) {
    status.Update(Write(flags.markdown, reports::RenderMarkdown(results), flags));
  }
  if (!flags.perfetto.empty()) {
    std::vector<Timeline> all;
    for (auto& [path, timeline] : timelines) {
      if (timeline.error.empty()) all.push_back(std::move(timeline));
    }
    status.Update(Write(flags.perfetto, reports::RenderPerfetto(all), flags));
  }
  return status;
}

int Report(ReportFlags flags) {
  std::vector<ScenarioResult> results;
  for (const std::string& path : flags.results) {
    absl::StatusOr<std::vector<ScenarioResult>> some = reports::ReadResults(path);
    if (!some.ok()) return Fail(some.status());
    std::move(some->begin(), some->end(), std::back_inserter(results));
  }
  if (flags.results.size() > 1) results = store::MergeResults(std::move(results));
  if (flags.html.empty() && flags.junit.empty() && flags.sarif.empty() && flags.markdown.empty() &&
      flags.perfetto.empty()) {
    flags.html = DefaultPage(flags.results.front());
  }
  std::error_code error;
  if (flags.source_root.empty()) flags.source_root = fs::current_path(error).string();
  if (!absl::EndsWith(flags.source_root, "/")) flags.source_root += "/";
  sim::CatchInterrupts();
  Timelines timelines;
  if (!flags.no_replay && (!flags.html.empty() || !flags.perfetto.empty())) {
    timelines = MakeTimelines(results, flags);
  }
  const int replays = ExitCodeOfAll(timelines);
  const absl::Status status = WriteAll(results, std::move(timelines), flags);
  if (!status.ok()) return Fail(status);
  return sim::Interrupted() ? kInterrupted : replays;
}

}  // namespace

void AddReport(Command app) {
  Command command = app.Add("report", "Make reports of runs and campaigns");
  auto flags = std::make_shared<ReportFlags>();
  command
      .AddOption("results", &flags->results,
                 "Folders of heddle run --keep and heddle explore --out, or their result.json;\n"
                 "several are merged, with each distinct finding once")
      .Required();
  command.AddOption("--html", &flags->html,
                    "One HTML page (default: report.html beside the results)");
  command.AddOption("--junit", &flags->junit, "JUnit XML, for CI");
  command.AddOption("--sarif", &flags->sarif, "SARIF 2.1.0, for code scanning");
  command.AddOption("--markdown", &flags->markdown, "Markdown, for a pull request's comment");
  command.AddOption("--perfetto", &flags->perfetto,
                    "A trace of the schedules, for ui.perfetto.dev and chrome://tracing");
  command.AddOption("--source-root", &flags->source_root,
                    "Folder that SARIF's file names are relative to (default: the current one)");
  flags->subject.Declare(command);
  command.AddFlag("--no-replay", &flags->no_replay,
                  "Do not replay the findings' schedules; the page then has no timelines");
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only errors on stderr");
  command.SetFooter(
      "If a finding has a schedule file, it is replayed, and the page shows the interleaving.\n"
      "A replay that is not as recorded is named and marks no steps. The exit code is then 1, or\n"
      "5 where only its end differs. A file named - is written to stdout.\n"
      "\n"
      "  heddle explore explored-unsync-tsan --out findings; heddle report findings\n"
      "  heddle report shard-1 shard-2 --html all.html --sarif all.sarif --junit all.xml");
  command.OnRun([flags] { return Report(*flags); });
}

}  // namespace heddle::cli
