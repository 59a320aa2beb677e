#include "harness/cli/command_line.h"

#include <csignal>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

constexpr char kDescription[] =
    "Heddle: deterministic simulation and race reproduction for native, event-driven programs";

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

int RunCommandLine(int argc, char** argv) {
  // A host that has died must not take a campaign with it: writing to it is an error, no signal.
  std::signal(SIGPIPE, SIG_IGN);
  sim::RemoveAbandonedFolders();
  CommandLineParser line("heddle", kDescription);
  line.AddHelpAll("--help-all", "Print this and every sub-command's help, and exit");
  Command root = line.root();
  line.AddVersion("--version", VersionText());
  root.SetFooter(kFooter);
  root.RequireCommand();
  for (const auto add : {AddRun, AddCheck, AddExplore, AddVerify, AddReplay, AddShrink, AddExplain,
                         AddReport, AddMerge, AddFindings, AddInit, AddEnv, AddList, AddTrace,
                         AddDoctor, AddHelp, AddVersion}) {
    add(root);
  }
  // CLI11 says no more than that a sub-command is required.
  Command at = root;
  for (int i = 1; i < argc && argv[i][0] != '-' && at.RequiresCommand(); ++i) {
    const absl::StatusOr<Command> command = FindCommand(at, argv[i]);
    if (!command.ok()) return Fail(command.status());
    at = *command;
  }
  // Nor what is meant by a program without its option.
  if (argc > 2 && std::string(argv[1]) == "explore") {
    const absl::Status status = CheckExploreArguments({argv + 2, argv + argc});
    if (!status.ok()) return Fail(status);
  }
  return line.Run(argc, argv, kBadInput);
}

}  // namespace heddle::cli
