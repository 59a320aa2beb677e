// heddle shrink: makes a finding's scenario, trace and schedule as small as they get.
#include "harness/shrink/shrink.h"

#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/cli/scheduled_program.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

struct ShrinkFlags {
  std::string schedule;
  std::string out;
  Subject subject{.find_program = true};
  std::string time;
  bool quiet = false;
};

std::string SizeLine(absl::string_view what, uint64_t before, uint64_t after) {
  const double less =
      before == 0 ? 0 : 100.0 * (1.0 - static_cast<double>(after) / static_cast<double>(before));
  return absl::StrFormat("  %-18s %8d -> %-6d (%.1f %% %s)\n", what, before, after, std::abs(less),
                         less < 0 ? "more" : "less");
}

std::string Summary(const harness::ShrinkReport& report) {
  std::string text;
  if (report.before.events > 0) {
    text += SizeLine("events", report.before.events, report.after.events);
  }
  text +=
      SizeLine("context switches", report.before.context_switches, report.after.context_switches);
  text += SizeLine("steps", report.before.points, report.after.points);
  if (report.before.faults > 0) {
    text += SizeLine("faults", report.before.faults, report.after.faults);
  }
  absl::StrAppendFormat(&text,
                        "  %-18s %6d       (at the other switches a thread blocks or ends)\n",
                        "forced preemptions", report.switches);
  if (report.time_jumps > 0) {
    absl::StrAppendFormat(&text, "  %-18s %6d\n", "time jumps", report.time_jumps);
  }
  absl::StrAppend(&text, "  ",
                  report.minimal ? "minimal: nothing more can be removed"
                                 : "not minimal: the time limit ended the search",
                  "\n");
  absl::StrAppendFormat(&text, "%s: %d executions, %.1f s\n", report.schedule, report.executions,
                        std::chrono::duration<double>(report.duration).count());
  return text;
}

int Shrink(const ShrinkFlags& flags) {
  if (absl::Status status = flags.subject.CheckFor(flags.schedule); !status.ok()) {
    return Fail(status);
  }
  harness::ShrinkOptions options;
  options.schedule = flags.schedule;
  options.host_folder = HostFolder(flags.subject.hosts);
  options.program = [&flags](const sim::Schedule& schedule) {
    return ScheduledProgram(schedule, flags.schedule, schedule.flavour, flags.subject, "");
  };
  options.out = flags.out;
  if (options.out.empty()) options.out = harness::ShrinkFolder(flags.schedule);
  if (!flags.time.empty()) {
    const auto time = ParseTime("--time", flags.time);
    if (!time.ok()) return Fail(time.status());
    options.time_limit = *time;
  }
  sim::CatchInterrupts();
  options.interrupted = [] { return sim::Interrupted(); };
  ProgressLine line(flags.quiet);
  options.progress = [&line](const std::string& text) { line.Show(text); };
  const absl::StatusOr<harness::ShrinkReport> report = harness::ShrinkFinding(options);
  line.Clear();
  if (!report.ok()) return Fail(report.status());
  if (!flags.quiet) Print(absl::StrCat(report->narrative, "\n"));
  Print(Summary(*report));
  return sim::Interrupted() ? kInterrupted : kMet;
}

}  // namespace

void AddShrink(Command app) {
  Command command = app.Add("shrink", "Shrink a finding's trace and schedule");
  auto flags = std::make_shared<ShrinkFlags>();
  command.AddOption("schedule", &flags->schedule, "The schedule file that leads to the finding")
      .Required();
  command.AddOption("--out,-o", &flags->out,
                    "Folder for the result (default: the schedule's name and -shrunk)");
  command.AddOption("--time", &flags->time, "Limit of real time for shrinking (default 100s)");
  flags->subject.Declare(command);
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only the sizes");
  command.SetFooter(
      "Writes scenario.yaml, trace.jsonl, finding.schedule.json and narrative.md: a folder that\n"
      "replays anywhere with the same hosts. The finding keeps its dedup key.\n"
      "\n"
      "  heddle shrink heddle-findings/sanitizer-2f475e29573702b9.schedule.json");
  command.OnRun([flags] { return Shrink(*flags); });
}

}  // namespace heddle::cli
