// What the sub-commands of `heddle` share. Each sub-command is one file with one Add...() function,
// which declares its options and what it does; command_line.cc lists them.
#ifndef HEDDLE_HARNESS_CLI_COMMAND_H_
#define HEDDLE_HARNESS_CLI_COMMAND_H_

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/cli/options.h"
#include "harness/run/scenario_run.h"
#include "harness/scenario/scenario.h"
#include "nlohmann/json_fwd.hpp"
#include "reports/model/verdict.h"
#include "reports/terminal.h"
#include "sim/explore/replay_verdict.h"

namespace heddle::cli {

// What `heddle` exits with.
enum ExitCode {
  kMet = 0,            // every scenario met its expectation
  kUnmet = 1,          // one did not; a replay ended otherwise than recorded
  kBadInput = 2,       // usage, or a file that is no good; a message on stderr says where
  kCannotRun = 3,      // the environment cannot do what was asked
  kInconclusive = 4,   // nothing was found, but executions ended early, or none in time; not
                       // verified, but no execution fails
  kDiverged = 5,       // a replay did not do what was recorded
  kInterrupted = 130,  // what was found so far was written out
};

// What `heddle` exits with after a replay that ended so.
int ExitCodeOf(sim::ReplayEnd end);

void AddRun(Command app);
void AddList(Command app);
void AddCheck(Command app);
void AddTrace(Command app);
void AddExplore(Command app);
void AddVerify(Command app);
void AddReplay(Command app);
void AddReport(Command app);
void AddShrink(Command app);
void AddExplain(Command app);
// Sub-commands of `heddle trace`.
void AddTraceGenerate(Command trace);
void AddTraceMutate(Command trace);
void AddMerge(Command app);
void AddFindings(Command app);
void AddDoctor(Command app);
void AddInit(Command app);
void AddHelp(Command app);
void AddVersion(Command app);
void AddEnv(Command app);
// What `heddle version` prints.
std::string VersionText();

// The sub-command of `parent`; InvalidArgument with the nearest name when there is none.
absl::StatusOr<Command> FindCommand(const Command& parent, const std::string& name);

// Prints "heddle: MESSAGE" to stderr, escaped.
void Tell(absl::string_view message);

// Tells what went wrong and returns the exit code for this kind of error: kInterrupted for
// Cancelled; kCannotRun for what the machine or the program under test does not give (Unavailable,
// FailedPrecondition, ResourceExhausted, PermissionDenied, Internal); else kBadInput.
int Fail(const absl::Status& status);

// The duration that was given to the option `name`.
absl::StatusOr<std::chrono::nanoseconds> ParseTime(absl::string_view name, const std::string& text);

// The folder of the host executables: `hosts`; or the one that `heddle` is in, if they are there;
// or that of an installed Heddle.
std::string HostFolder(const std::string& hosts);

// Writes text of anyone's to stdout, escaped (sim/text). What fails is said on stderr.
void Print(absl::string_view text);
// The same for JSON, indented and in ASCII, and for what is to go out byte by byte: what reports/
// has rendered for a terminal, with its colours, or into another format.
void PrintJson(const nlohmann::ordered_json& json);
void PrintRendered(absl::string_view text);

// Where campaigns leave what they found, unless told otherwise.
inline constexpr char kFindingsFolder[] = "heddle-findings";

// $HEDDLE_STORE, or the campaign store in `folder`; "" when `folder` is "" too.
std::string StorePath(const std::string& folder);

// Adds `results` to the result file of `folder` ("": none), and to the store that belongs to it, if
// any. Says on stderr what was seen before, unless `quiet`.
absl::Status Keep(const std::string& folder, const std::vector<reports::ScenarioResult>& results,
                  bool quiet);
// The store alone.
absl::Status Remember(const std::string& folder,
                      const std::vector<reports::ScenarioResult>& results, bool quiet);

// Takes over what the stores `known` (or the folders with one) remember into the store of `folder`.
// NotFound when one is missing.
absl::Status RememberStores(const std::string& folder, const std::vector<std::string>& known);

// As it was typed, but for quotes.
std::string CommandLine();

// What `heddle` exits with after these.
int CodeOf(const std::vector<reports::ScenarioResult>& results);

// As JSON (reports/run.schema.json), or as a table.
void PrintResults(const std::vector<reports::ScenarioResult>& results, bool json,
                  const reports::TerminalOptions& options);

// How runs are made and shown: the options that `run` and `check` share.
struct RunFlags {
  std::vector<std::string> dispatchers;
  std::vector<std::string> flavours;
  std::string producer;  // "": the scenario's
  std::string hosts;     // folder of the host executables
  std::string keep;      // folder for all files of all runs
  bool json = false;
  bool quiet = false;
  bool all = false;         // tell every finding
  bool all_frames = false;  // and every frame of its stacks

  void Declare(Command command);
  absl::StatusOr<harness::RunOptions> ToOptions() const;
  // How what comes of it is shown on stdout.
  reports::TerminalOptions ToTerminal() const;
};

// Runs scenarios one after the other, with progress on stderr, prints the report to stdout, and
// returns the exit code. `again` makes the command that runs a scenario again; empty: heddle run.
int RunAndReport(const std::vector<harness::Scenario>& scenarios,
                 const harness::RunOptions& options, const RunFlags& flags,
                 const reports::TerminalOptions& terminal,
                 const std::function<std::string(const harness::Scenario&)>& again = nullptr);

// The scenario files that `arguments` name: files, folders (every *.yaml below them, sorted), or
// the names of scenarios in the scenario folder.
absl::StatusOr<std::vector<std::string>> FindScenarios(const std::vector<std::string>& arguments);

// `status`, about the file or folder `path`, with the nearest name in its folder when there is no
// `path`.
absl::Status WithNearestFile(const absl::Status& status, const std::string& path);

// For `heddle explore PROGRAM -- ARGUMENTS`, without --program: InvalidArgument with the command
// that is meant.
absl::Status CheckExploreArguments(const std::vector<std::string>& arguments);

// Where scenarios are looked for by name: $HEDDLE_SCENARIOS, or ./scenarios, or the one beside the
// build folder that `heddle` is in, or that of an installed Heddle.
std::string ScenarioFolder();

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_COMMAND_H_
