// heddle report: makes pages and files for people and machines of what runs and campaigns left.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/report_schedules.h"
#include "harness/cli/scheduled_program.h"
#include "harness/store/merge.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/problems.h"
#include "reports/result_file.h"
#include "reports/sarif.h"
#include "reports/timeline.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using reports::ScenarioResult;
using reports::Timeline;

struct ReportFlags {
  std::vector<std::string> results;
  std::string html, junit, sarif, markdown, perfetto, problems;
  std::string source_root;
  Subject subject;
  std::string shrink = "10s";
  bool no_replay = false;
  bool json = false;
  bool quiet = false;
};

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

absl::Status WriteAll(const std::vector<ScenarioResult>& results, ReplayedSchedules replayed,
                      const ReportFlags& flags) {
  absl::Status status;
  if (!flags.html.empty()) {
    const reports::PageOptions page{.page = flags.html, .shrunk = replayed.shrunk};
    status.Update(Write(flags.html, RenderHtml(results, replayed.timelines, page), flags));
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
  if (!flags.problems.empty()) {
    status.Update(
        Write(flags.problems, reports::RenderProblems(results, flags.source_root), flags));
  }
  if (flags.json) PrintResults(results, /*json=*/true, {});
  if (!flags.perfetto.empty()) {
    std::vector<Timeline> all;
    for (auto& [path, timeline] : replayed.timelines) {
      if (timeline.error.empty()) all.push_back(std::move(timeline));
    }
    status.Update(Write(flags.perfetto, reports::RenderPerfetto(all), flags));
  }
  return status;
}

int Report(ReportFlags flags) {
  std::chrono::nanoseconds shrink_time{0};
  if (flags.shrink != "0") {
    const auto time = ParseTime("--shrink", flags.shrink);
    if (!time.ok()) return Fail(time.status());
    shrink_time = *time;
  }
  sim::CatchInterrupts();
  std::vector<ScenarioResult> results;
  std::vector<std::string> schedules;
  for (const std::string& path : flags.results) {
    if (std::string schedule = ScheduleFileOf(path); !schedule.empty()) {
      schedules.push_back(std::move(schedule));
      continue;
    }
    absl::StatusOr<std::vector<ScenarioResult>> some = reports::ReadResults(path);
    if (!some.ok()) return Fail(WithNearestFile(some.status(), path));
    std::move(some->begin(), some->end(), std::back_inserter(results));
  }
  if (flags.results.size() > 1) results = store::MergeResults(std::move(results));
  auto shrunk = AttachSchedules(schedules, flags.subject, &results);
  if (!shrunk.ok()) return Fail(shrunk.status());
  if (flags.html.empty() && flags.junit.empty() && flags.sarif.empty() && flags.markdown.empty() &&
      flags.perfetto.empty() && flags.problems.empty() && !flags.json) {
    flags.html = DefaultPage(flags.results.front());
  }
  std::error_code error;
  if (flags.source_root.empty()) flags.source_root = fs::current_path(error).string();
  if (!absl::EndsWith(flags.source_root, "/")) flags.source_root += "/";
  ReplayedSchedules replayed;
  if (!flags.no_replay && (!flags.html.empty() || !flags.perfetto.empty())) {
    if (flags.html.empty()) shrink_time = std::chrono::nanoseconds(0);
    replayed =
        ReplaySchedules(results, *std::move(shrunk), flags.subject, shrink_time, flags.quiet);
  }
  const int replays = ExitCodeOf(replayed.worst);
  const absl::Status status = WriteAll(results, std::move(replayed), flags);
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
                 "several are merged, with each distinct finding once. Also schedule files, and\n"
                 "folders of heddle shrink: the page shows a finding's shrunk schedule first")
      .Required();
  command.AddOption("--html", &flags->html,
                    "One HTML page (default: report.html beside the results)");
  command.AddOption("--junit", &flags->junit, "JUnit XML, for CI");
  command.AddOption("--sarif", &flags->sarif, "SARIF 2.1.0, for code scanning");
  command.AddOption("--markdown", &flags->markdown, "Markdown, for a pull request's comment");
  command.AddOption("--perfetto", &flags->perfetto,
                    "A trace of the schedules, for ui.perfetto.dev and chrome://tracing");
  command.AddOption("--problems", &flags->problems,
                    "Lines as a compiler's, FILE:LINE: error: ..., for editors and CI");
  command.AddFlag("--json", &flags->json,
                  "Print the results, merged, as JSON (reports/run.schema.json)");
  command.AddOption("--source-root", &flags->source_root,
                    "Folder that file names of SARIF and problems are relative to (default: the\n"
                    "current one)");
  flags->subject.Declare(command);
  command.AddOption("--shrink", &flags->shrink,
                    "Limit of real time for shrinking findings that are not shrunk yet (default\n"
                    "10s; 0: none). The result goes where heddle shrink puts it");
  command.AddFlag("--no-replay", &flags->no_replay,
                  "Do not replay the findings' schedules; the page then has no timelines");
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only errors on stderr");
  command.SetFooter(
      "If a finding has a schedule file, it is replayed, and the page shows the interleaving.\n"
      "A finding's schedule is shrunk first, and the shrunk one is shown by default.\n"
      "A replay that is not as recorded is named and marks no steps. The exit code is then 5, or\n"
      "1 where only its end differs. A file named - is written to stdout.\n"
      "\n"
      "  heddle explore explored-unsync-tsan --out findings; heddle report findings\n"
      "  heddle report findings smaller\n"
      "  heddle report shard-1 shard-2 --html all.html --sarif all.sarif --junit all.xml");
  command.OnRun([flags] { return Report(*flags); });
}

}  // namespace heddle::cli
