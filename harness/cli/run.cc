// heddle run: runs scenarios and says whether each came out as it expects.
#include <limits>
#include <memory>

#include "harness/cli/command.h"
#include "harness/run/cells.h"

namespace heddle::cli {
namespace {

struct RunCommandFlags : RunFlags {
  std::vector<std::string> scenarios;
  int64_t runs = 0;
};

int Run(const RunCommandFlags& flags) {
  absl::StatusOr<harness::RunOptions> options = flags.ToOptions();
  if (!options.ok()) return Fail(options.status());
  if (flags.runs > 0) options->runs = flags.runs;
  const absl::StatusOr<std::vector<std::string>> files = FindScenarios(flags.scenarios);
  if (!files.ok()) return Fail(files.status());

  // Everything is read before anything runs: a mistake in the last file shows at once.
  std::vector<harness::Scenario> scenarios;
  int exit_code = kMet;
  for (const std::string& file : *files) {
    absl::StatusOr<harness::Scenario> scenario = harness::ReadScenario(file);
    if (!scenario.ok()) {
      exit_code = Fail(scenario.status());
    } else {
      scenarios.push_back(*std::move(scenario));
    }
  }
  if (exit_code != kMet) return exit_code;
  if (absl::Status status = harness::SelectScenarios(*options, &scenarios); !status.ok()) {
    return Fail(status);
  }
  return RunAndReport(scenarios, *options, flags, flags.ToTerminal());
}

}  // namespace

void AddRun(Command app) {
  Command command = app.Add("run", "Run scenarios and check their outcomes");
  auto flags = std::make_shared<RunCommandFlags>();
  command
      .AddOption("scenario", &flags->scenarios,
                 "Scenario files, folders of them, or names (see heddle list)")
      .Required();
  command
      .AddOption("--runs", &flags->runs,
                 "Number of runs of each dispatcher (default: the scenario's)")
      .Between(int64_t{1}, int64_t{1'000'000});
  flags->Declare(command);
  command.SetFooter(
      "Runs each scenario's dispatchers in its flavours, one process at a time, applies its\n"
      "oracles, and prints a table, then the unexpected findings with their main frames.\n"
      "\n"
      "  heddle run scenarios\n"
      "  heddle run lockstep-short --dispatcher async\n"
      "  heddle run burst-forks --flavour tsan --runs 200");
  command.OnRun([flags] { return Run(*flags); });
}

}  // namespace heddle::cli
