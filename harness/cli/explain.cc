// heddle explain: a shrunk schedule in words, and which of its switches the finding needs.
#include "harness/shrink/explain.h"

#include <memory>

#include "harness/cli/command.h"
#include "harness/cli/report_schedules.h"
#include "harness/cli/scheduled_program.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

struct ExplainFlags {
  std::string schedule;
  Subject subject;
};

int Explain(ExplainFlags flags) {
  if (const std::string file = ScheduleFileOf(flags.schedule); !file.empty()) flags.schedule = file;
  if (absl::Status status = flags.subject.CheckFor(flags.schedule); !status.ok()) {
    return Fail(status);
  }
  sim::CatchInterrupts();
  const absl::StatusOr<std::string> narrative = harness::ExplainFinding(
      flags.schedule, HostFolder(flags.subject.hosts),
      [&flags](const sim::Schedule& schedule) {
        return ScheduledProgram(schedule, flags.schedule, schedule.flavour, flags.subject, "");
      },
      [] { return !sim::Interrupted(); });
  if (!narrative.ok()) return Fail(narrative.status());
  Print(*narrative);
  return kMet;
}

}  // namespace

void AddExplain(Command app) {
  Command command =
      app.Add("explain", "Explain a shrunk schedule in words, and which switches it needs");
  auto flags = std::make_shared<ExplainFlags>();
  command
      .AddOption("schedule", &flags->schedule,
                 "The schedule file that heddle shrink wrote, or its folder")
      .Required();
  flags->subject.Declare(command);
  command.SetFooter(
      "Tests each switch: runs the schedule without it, and with the switch moved.\n"
      "\n"
      "  heddle explain unsync-shrunk/finding.schedule.json");
  command.OnRun([flags] { return Explain(*flags); });
}

}  // namespace heddle::cli
