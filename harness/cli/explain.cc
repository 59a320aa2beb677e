// heddle explain: a shrunk schedule in words, and which of its switches the finding needs.
#include <memory>

#include "harness/cli/command.h"
#include "harness/cli/scheduled_program.h"
#include "harness/shrink/shrink.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

struct Flags {
  std::string schedule;
  std::string hosts;
};

int Explain(const Flags& flags) {
  harness::CatchInterrupts();
  const absl::StatusOr<std::string> narrative = harness::ExplainFinding(
      flags.schedule, HostFolder(flags.hosts),
      [&flags](const sim::Schedule& schedule) {
        return ScheduledProgram(schedule, flags.schedule, schedule.flavour, flags.hosts, "");
      },
      [] { return !harness::Interrupted(); });
  if (!narrative.ok()) return Fail(narrative.status());
  Print(*narrative);
  return kMet;
}

}  // namespace

void AddExplain(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("explain", "Tell a shrunk schedule in words, and what it needs");
  auto flags = std::make_shared<Flags>();
  command->add_option("schedule", flags->schedule, "The schedule file that heddle shrink wrote")
      ->required();
  command->add_option("--hosts", flags->hosts,
                      "Folder of the heddle-host executables (default: beside heddle)");
  command->footer(
      "Each switch is tested by running the schedule without it, and with it moved.\n"
      "\n"
      "  heddle explain unsync-shrunk/finding.schedule.json");
  command->callback([flags, exit_code] { *exit_code = Explain(*flags); });
}

}  // namespace heddle::cli
