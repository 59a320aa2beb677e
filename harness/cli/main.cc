// heddle: the command line.
#include <csignal>

#include "harness/cli/command.h"
#include "sim/process/process.h"

namespace {

constexpr char kDescription[] =
    "Heddle: deterministic simulation and race reproduction for native, event-driven C++";

constexpr char kFooter[] =
    "Exit codes: 0 as expected; 1 not as expected; 2 wrong usage or bad input; 3 the environment\n"
    "lacks something; 4 nothing found, but executions ended early, none ended in time, or a\n"
    "search that is to verify did not see everything; 5 a replay did not do what was recorded;\n"
    "130 interrupted (the findings so far are written).\n"
    "\n"
    "Environment: NO_COLOR disables colours; HEDDLE_SCENARIOS is the folder of scenarios that are\n"
    "given by name; HEDDLE_STORE is the campaign store; TSAN_OPTIONS,\n"
    "ASAN_OPTIONS, UBSAN_OPTIONS and LSAN_OPTIONS are added to Heddle's own.";

}  // namespace

int main(int argc, char** argv) {
  // A host that has died must not take a campaign with it: writing to it is an error, no signal.
  std::signal(SIGPIPE, SIG_IGN);
  heddle::sim::RemoveAbandonedFolders();
  heddle::cli::CommandLineParser line("heddle", kDescription);
  line.AddHelpAll("--help-all", "Print this and every sub-command's help, and exit");
  heddle::cli::Command root = line.root();
  line.AddVersion("--version", heddle::cli::VersionText());
  root.SetFooter(kFooter);
  root.RequireCommand();
  for (const auto add :
       {heddle::cli::AddRun, heddle::cli::AddCheck, heddle::cli::AddExplore, heddle::cli::AddVerify,
        heddle::cli::AddReplay, heddle::cli::AddShrink, heddle::cli::AddExplain,
        heddle::cli::AddReport, heddle::cli::AddMerge, heddle::cli::AddFindings,
        heddle::cli::AddInit, heddle::cli::AddEnv, heddle::cli::AddList, heddle::cli::AddTrace,
        heddle::cli::AddDoctor, heddle::cli::AddHelp, heddle::cli::AddVersion}) {
    add(root);
  }
  // CLI11 says no more than that a sub-command is required.
  heddle::cli::Command at = root;
  for (int i = 1; i < argc && argv[i][0] != '-' && at.RequiresCommand(); ++i) {
    const absl::StatusOr<heddle::cli::Command> command = heddle::cli::FindCommand(at, argv[i]);
    if (!command.ok()) return heddle::cli::Fail(command.status());
    at = *command;
  }
  // Nor what is meant by a program without its option.
  if (argc > 2 && std::string(argv[1]) == "explore") {
    const absl::Status status = heddle::cli::CheckExploreArguments({argv + 2, argv + argc});
    if (!status.ok()) return heddle::cli::Fail(status);
  }
  return line.Run(argc, argv, heddle::cli::kBadInput);
}
