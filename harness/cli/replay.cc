// heddle replay: runs a recorded schedule again, operation by operation.
#include "sim/explore/replay.h"

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/scheduled_program.h"
#include "harness/process.h"
#include "sim/schedule/schedule.h"

namespace heddle::cli {
namespace {

struct Flags {
  std::string schedule;
  std::string flavour;
  std::string hosts;
  uint64_t times = 1;
  bool quiet = false;
};

int Replay(const Flags& flags) {
  const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(flags.schedule);
  if (!schedule.ok()) return Fail(schedule.status());
  const std::string flavour = flags.flavour.empty() ? schedule->flavour : flags.flavour;
  absl::StatusOr<harness::TemporaryFolder> folder = harness::TemporaryFolder::Create();
  if (!folder.ok()) return Fail(folder.status());
  const absl::StatusOr<sim::ProgramOptions> program =
      ScheduledProgram(*schedule, flags.schedule, flavour, flags.hosts, folder->path());
  if (!program.ok()) return Fail(program.status());
  harness::CatchInterrupts();
  const absl::StatusOr<sim::ReplayReport> report =
      sim::Replay(*program, *schedule, flags.times, [] { return !harness::Interrupted(); });
  if (!report.ok()) return Fail(report.status());
  if (!flags.quiet && !report->description.empty()) Print(report->description + "\n");
  if (!flags.quiet && !report->last.standard_error.empty()) Print(report->last.standard_error);
  if (!schedule->message.empty()) Print(absl::StrCat("recorded: ", schedule->message, "\n"));
  Print(absl::StrCat(report->exact, " of ", report->times, " replays in ", flavour, " exact: ",
                     report->last.points, " points, ", report->last.switches, " switches\n"));
  if (!report->difference.empty()) Print(absl::StrCat(report->difference, "\n"));
  if (harness::Interrupted()) return kInterrupted;
  return report->exact == report->times ? kMet : kUnmet;
}

}  // namespace

void AddReplay(CLI::App* app, int* exit_code) {
  CLI::App* command = app->add_subcommand("replay", "Run a recorded schedule again, exactly");
  auto flags = std::make_shared<Flags>();
  command->add_option("schedule", flags->schedule, "The schedule file (*.schedule.json)")
      ->required();
  command->add_option("--flavour,-f", flags->flavour,
                      "det, tsan or asan (default: the one it was recorded in)");
  command->add_option("--times,-n", flags->times, "How often (default 1)")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
  command->add_option("--hosts", flags->hosts,
                      "Folder of the heddle-host executables (default: beside heddle)");
  command->add_flag("--quiet,-q", flags->quiet, "Print only the verdict");
  command->footer(
      "Exits with 0 when every replay did the same operations and came to the same end, with 1 "
      "and\n"
      "the point where it parted otherwise.\n"
      "\n"
      "  heddle replay heddle-findings/unsync-explored-unsync.schedule.json --flavour asan");
  command->callback([flags, exit_code] { *exit_code = Replay(*flags); });
}

}  // namespace heddle::cli
