#include "harness/cli/command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/progress.h"
#include "reports/json.h"
#include "reports/result_file.h"
#include "reports/terminal.h"
#include "sim/process/process.h"
#include "sim/text/markup.h"
#include "sim/text/printable.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using harness::Scenario;
using reports::ScenarioResult;

absl::StatusOr<std::vector<std::string>> FilesBelow(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".yaml") files.push_back(at->path().string());
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder.string(), ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

// Whether it is a file that can be run: no scenario is.
bool IsExecutable(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::path(path).extension() != ".yaml" &&
         access(path.c_str(), X_OK) == 0;
}

absl::StatusOr<std::string> FindByName(const std::string& name) {
  const std::string folder = ScenarioFolder();
  const absl::StatusOr<std::vector<std::string>> files = FilesBelow(folder);
  std::vector<std::string> names;
  for (const std::string& file : files.ok() ? *files : std::vector<std::string>()) {
    names.push_back(fs::path(file).stem().string());
    if (names.back() == name) return file;
  }
  const std::string nearest = harness::NearestName(name, names);
  const std::string none = absl::StrCat("there is no file, folder or scenario '", name, "'");
  if (!nearest.empty()) {
    return absl::NotFoundError(absl::StrCat(none, "; did you mean '", nearest, "'?"));
  }
  return WithNearestFile(
      absl::NotFoundError(absl::StrCat(none, " (the scenario folder is ", folder, ")")), name);
}

// Where reports find what came of it: with the schedule files, or with the runs' own. "" when
// nothing is kept.
std::string ResultFolder(const harness::RunOptions& options) {
  return options.schedules ? *options.schedules : options.keep.value_or("");
}

}  // namespace

int CodeOf(const std::vector<ScenarioResult>& results) {
  int code = kMet;
  for (const ScenarioResult& result : results) {
    if (result.interrupted) return kInterrupted;
    const auto early = [&](const reports::CellResult& cell) {
      return result.is_program && cell.findings.empty() && cell.explored &&
             (cell.explored->ended_early > 0 || (cell.explored->proof && !cell.met));
    };
    const bool failed = std::any_of(result.cells.begin(), result.cells.end(),
                                    [&](const auto& cell) { return !cell.met && !early(cell); });
    const bool inconclusive = std::any_of(result.cells.begin(), result.cells.end(), early);
    if (!failed && !result.environment.empty() && code == kMet) code = kCannotRun;
    if (inconclusive && code == kMet) code = kInconclusive;
    if (failed) code = kUnmet;
  }
  return code;
}

void PrintResults(const std::vector<ScenarioResult>& results, bool json,
                  const reports::TerminalOptions& options) {
  if (json) {
    PrintJson(reports::RenderJson(results));
  } else if (!results.empty()) {
    PrintRendered(reports::RenderTerminal(results, options));
  }
}

int ExitCodeOf(sim::ReplayEnd end) {
  switch (end) {
    case sim::ReplayEnd::kAsRecorded:
      return kMet;
    case sim::ReplayEnd::kOtherEnd:
      return kUnmet;
    case sim::ReplayEnd::kDiverged:
      return kDiverged;
  }
  return kDiverged;
}

void Tell(absl::string_view message) {
  std::fprintf(stderr, "heddle: %s\n", sim::PrintableLines(message).c_str());
}

int Fail(const absl::Status& status) {
  Tell(status.message());
  if (absl::IsCancelled(status)) return kInterrupted;
  const bool cannot_run = absl::IsUnavailable(status) || absl::IsFailedPrecondition(status) ||
                          absl::IsInternal(status) || absl::IsPermissionDenied(status) ||
                          absl::IsResourceExhausted(status);
  return cannot_run ? kCannotRun : kBadInput;
}

absl::StatusOr<std::chrono::nanoseconds> ParseTime(absl::string_view name,
                                                   const std::string& text) {
  const std::optional<std::chrono::nanoseconds> time = harness::ParseDuration(text);
  if (time) return *time;
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": '", text, "' is not a duration; expected a number and ns, us, ms, s or min"));
}

std::string HostFolder(const std::string& hosts) {
  if (!hosts.empty()) return hosts;
  const fs::path beside = sim::ExecutableFolder();
  const fs::path installed = beside.parent_path() / "lib/heddle";
  std::error_code error;
  const bool use = !fs::exists(beside / "heddle-host", error) && fs::is_directory(installed, error);
  return use ? installed.string() : beside.string();
}

void Print(absl::string_view text) { PrintRendered(sim::PrintableLines(text)); }

void PrintJson(const nlohmann::ordered_json& json) {
  const std::string text =
      json.dump(2, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
  PrintRendered(absl::StrCat(text, "\n"));
}

void PrintRendered(absl::string_view text) {
  static bool gone = false;  // the reader, as `head` goes when it has enough
  if (gone) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return;
  }
  gone = errno == EPIPE;
  if (!gone) std::perror("heddle: cannot write to stdout");
}

absl::Status CheckExploreArguments(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (absl::StartsWith(arguments[i], "--program") || arguments[i] == "-p") break;
    if (absl::StartsWith(arguments[i], "-") || !IsExecutable(arguments[i])) continue;
    std::string meant = absl::StrCat("heddle explore --program ", sim::ShellWord(arguments[i]));
    for (size_t j = i + 1; j < arguments.size(); ++j) {
      absl::StrAppend(&meant, " ", sim::ShellWord(arguments[j]));
    }
    return absl::InvalidArgumentError(
        absl::StrCat(arguments[i], ": is a program, not a scenario; to explore it: ", meant));
  }
  return absl::OkStatus();
}

absl::Status WithNearestFile(const absl::Status& status, const std::string& path) {
  std::error_code error;
  if (status.ok() || path.empty() || fs::exists(path, error)) return status;
  const fs::path given =
      fs::path(path).has_filename() ? fs::path(path) : fs::path(path).parent_path();
  const fs::path folder = given.parent_path();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  const std::string nearest = harness::NearestName(given.filename().string(), names);
  if (nearest.empty()) return status;
  return {status.code(),
          absl::StrCat(status.message(), "; did you mean '", (folder / nearest).string(), "'?")};
}

std::string CommandLine() {
  std::ifstream stream("/proc/self/cmdline", std::ios::binary);
  std::string line((std::istreambuf_iterator<char>(stream)), {});
  while (!line.empty() && line.back() == 0) line.pop_back();
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

std::string ScenarioFolder() {
  if (const char* folder = std::getenv("HEDDLE_SCENARIOS"); folder != nullptr) return folder;
  std::error_code error;
  if (fs::is_directory("scenarios", error)) return "scenarios";
  const fs::path parent = fs::path(sim::ExecutableFolder()).parent_path();
  for (const fs::path& folder : {parent / "scenarios", parent / "share/heddle/scenarios"}) {
    if (fs::is_directory(folder, error)) return folder.string();
  }
  return "scenarios";
}

absl::StatusOr<std::vector<std::string>> FindScenarios(const std::vector<std::string>& arguments) {
  std::vector<std::string> found;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (fs::is_directory(argument, error)) {
      absl::StatusOr<std::vector<std::string>> files = FilesBelow(argument);
      if (!files.ok()) return files.status();
      if (files->empty()) {
        return absl::NotFoundError(absl::StrCat(argument, ": this folder has no *.yaml file"));
      }
      found.insert(found.end(), files->begin(), files->end());
    } else if (IsExecutable(argument)) {
      return absl::InvalidArgumentError(
          absl::StrCat(argument,
                       ": is a program, not a scenario; to explore it: heddle explore "
                       "--program ",
                       sim::ShellWord(argument)));
    } else if (fs::exists(argument, error)) {
      found.push_back(argument);
    } else {
      absl::StatusOr<std::string> file = FindByName(argument);
      if (!file.ok()) return file.status();
      found.push_back(*std::move(file));
    }
  }
  return found;
}

void RunFlags::Declare(Command command) {
  command
      .AddOption("--dispatcher,-d", &dispatchers,
                 "Only this dispatcher: reference, unsync, mutex, async, locks, worker, or a\n"
                 "host with a seeded bug, bug-... (may be repeated)")
      .Suggest({sim::kDispatcherNames.begin(), sim::kDispatcherNames.end()});
  command
      .AddOption("--flavour,-f", &flavours,
                 "Only this flavour: native, det, tsan, asan (may be repeated)")
      .Suggest({sim::kFlavourNames.begin(), sim::kFlavourNames.end()});
  command
      .AddOption("--producer", &producer,
                 "What delivers: simulated, or rust (a Tokio runtime). Default: the scenario's")
      .Suggest({harness::kProducerNames.begin(), harness::kProducerNames.end()});
  command.AddOption("--keep", &keep, "Keep every run's files in this folder");
  command.AddOption("--hosts", &hosts,
                    "Folder of the heddle-host executables (default: beside heddle)");
  command.AddFlag("--json", &json, "Print JSON (reports/run.schema.json)");
  command.AddFlag("--quiet,-q", &quiet, "Print only what is not as expected, and the last line");
  command.AddFlag("--all", &all, "Print every finding, not only the first few");
  command.AddFlag("--all-frames", &all_frames,
                  "Print every frame of the stacks, not only those of the code under test");
}

absl::StatusOr<harness::RunOptions> RunFlags::ToOptions() const {
  harness::RunOptions options;
  options.host_folder = HostFolder(hosts);
  if (!keep.empty()) options.keep = keep;
  for (const std::string& name : dispatchers) {
    absl::StatusOr<sim::Dispatcher> dispatcher = harness::ParseDispatcher(name);
    if (!dispatcher.ok()) return dispatcher.status();
    options.dispatchers.push_back(*dispatcher);
  }
  for (const std::string& name : flavours) {
    absl::StatusOr<sim::Flavour> flavour = harness::ParseFlavour(name);
    if (!flavour.ok()) return flavour.status();
    options.flavours.push_back(*flavour);
  }
  if (!producer.empty()) {
    absl::StatusOr<harness::Producer> parsed = harness::ParseProducer(producer);
    if (!parsed.ok()) return parsed.status();
    options.producer = *parsed;
  }
  return options;
}

reports::TerminalOptions RunFlags::ToTerminal() const {
  reports::TerminalOptions options;
  options.color = reports::WantsColor(STDOUT_FILENO);
  options.width = reports::WidthOf(STDOUT_FILENO);
  options.quiet = quiet;
  options.all_frames = all_frames;
  if (all) options.findings = 0;
  return options;
}

int RunAndReport(const std::vector<Scenario>& scenarios, const harness::RunOptions& given,
                 const RunFlags& flags, const reports::TerminalOptions& terminal,
                 const std::function<std::string(const Scenario&)>& again) {
  sim::CatchInterrupts();
  std::vector<ScenarioResult> results;
  absl::Status failed;
  {
    ProgressLine line(flags.quiet || flags.json);
    harness::RunOptions options = given;
    options.progress = [&](const harness::Progress& progress) {
      line.Show(results.size() + 1, scenarios.size(), progress);
    };
    for (const Scenario& scenario : scenarios) {
      if (sim::Interrupted()) break;
      Scenario used = scenario;
      used.producer = options.producer.value_or(scenario.producer);
      absl::StatusOr<ScenarioResult> result = RunScenario(used, options);
      if (!result.ok()) {
        failed = result.status();
        break;
      }
      if (again != nullptr) result->again = again(scenario);
      results.push_back(*std::move(result));
    }
  }
  failed.Update(Keep(ResultFolder(given), results, flags.quiet || flags.json));
  PrintResults(results, flags.json, terminal);
  return failed.ok() ? CodeOf(results) : Fail(failed);
}

}  // namespace heddle::cli
