// heddle: the command line.
#include <CLI/CLI.hpp>
#include <csignal>

#include "harness/cli/command.h"

namespace {

constexpr char kDescription[] =
    "Heddle: deterministic simulation and race reproduction for native, event-driven C++";

constexpr char kFooter[] =
    "Exit codes: 0 as expected; 1 not as expected; 2 usage or bad input; 3 the environment cannot\n"
    "do what was asked; 130 interrupted, with what was found so far written out.\n"
    "\n"
    "Environment: NO_COLOR switches colours off; HEDDLE_SCENARIOS is the folder in which\n"
    "scenarios are looked for by name; HEDDLE_STORE is the campaign store; TSAN_OPTIONS,\n"
    "ASAN_OPTIONS, UBSAN_OPTIONS and LSAN_OPTIONS are added to the hosts' own.";

}  // namespace

int main(int argc, char** argv) {
  // A host that has died must not take a campaign with it: writing to it is an error, no signal.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(kDescription, "heddle");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Print this and every sub-command's help, and exit");
  int exit_code = heddle::cli::kMet;
  heddle::cli::AddRun(&app, &exit_code);
  heddle::cli::AddCheck(&app, &exit_code);
  heddle::cli::AddExplore(&app, &exit_code);
  heddle::cli::AddReplay(&app, &exit_code);
  heddle::cli::AddShrink(&app, &exit_code);
  heddle::cli::AddExplain(&app, &exit_code);
  heddle::cli::AddReport(&app, &exit_code);
  heddle::cli::AddMerge(&app, &exit_code);
  heddle::cli::AddFindings(&app, &exit_code);
  heddle::cli::AddInit(&app, &exit_code);
  heddle::cli::AddList(&app, &exit_code);
  heddle::cli::AddTrace(&app, &exit_code);
  heddle::cli::AddDoctor(&app, &exit_code);
  heddle::cli::AddHelp(&app, &exit_code);
  heddle::cli::AddVersion(&app, &exit_code);
  // CLI11 says no more than that a sub-command is required.
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-' && at->get_require_subcommand_min() > 0; ++i) {
    const absl::StatusOr<const CLI::App*> command = heddle::cli::FindCommand(*at, argv[i]);
    if (!command.ok()) return heddle::cli::Fail(command.status());
    at = *command;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? heddle::cli::kMet : heddle::cli::kBadInput;
  }
  return exit_code;
}
