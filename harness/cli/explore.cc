// heddle explore: lets the sim kernel decide every interleaving of a scenario, or of any program
// that is linked through heddle_instrument(), and writes a schedule file for each distinct finding.
#include "sim/explore/explore.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/run/cells.h"
#include "harness/run/plain_libraries.h"
#include "harness/run/program_builds.h"
#include "harness/run/race_targets.h"
#include "harness/run/scenario_schedule.h"
#include "nlohmann/json.hpp"
#include "sim/explore/learnt.h"
#include "sim/explore/unseen.h"
#include "sim/process/process.h"
#include "sim/runtime/strategies/auto.h"
#include "sim/supervisor/libtool.h"
#include "sim/supervisor/sites.h"
#include "sim/text/markup.h"
#include "sim/text/plural.h"

namespace heddle::cli {
namespace {

using harness::Exploration;

struct ExploreFlags : RunFlags {
  std::vector<std::string> scenarios;
  std::optional<std::string> strategy;
  std::optional<std::string> preempt;
  std::optional<std::string> memory;
  std::vector<std::string> sites;
  std::string time;
  std::string shard = "1/1";
  std::string out = kFindingsFolder;
  std::string program;
  std::vector<std::string> program_arguments;
  std::vector<std::string> faults;
  std::optional<int64_t> schedules;
  std::optional<uint64_t> seed;
  std::optional<uint64_t> step_budget;
  uint32_t jobs = 1;
  bool go_on = false;
  bool thread_leaks = false;
  std::string before;
  std::vector<std::string> shared;
  bool fork = false;
  std::vector<std::string> environment;
  std::string working_folder;
  std::vector<std::string> ignored;
  std::string ignore_file;
  bool self_check = false;
  uint64_t keep_clean = 0;
  // heddle verify: a search of every interleaving, within these bounds.
  bool verify = false;
  bool one_process = false;
  std::string preemptions = "all";
  std::string advances = "all";
};

// `explore` with what the command line says.
absl::StatusOr<Exploration> ToExploration(const ExploreFlags& flags, Exploration explore) {
  if (flags.strategy) {
    absl::StatusOr<sim::StrategySpec> spec = sim::ParseStrategySpec(*flags.strategy);
    if (!spec.ok()) return spec.status();
    const auto name = std::find(harness::kStrategyNames.begin(), harness::kStrategyNames.end(),
                                absl::string_view(spec->name.c_str()));
    if (name == harness::kStrategyNames.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--strategy: ", spec->name.c_str(), " cannot explore a scenario"));
    }
    explore.spec.strategy = *spec;
  }
  explore.spec.seed = flags.seed.value_or(explore.spec.seed);
  explore.schedules = flags.schedules.value_or(explore.schedules);
  if (flags.preempt) {
    explore.spec.preempt = sim::PreemptFromName(*flags.preempt).value_or(explore.spec.preempt);
  }
  if (flags.memory) {
    explore.spec.memory = sim::MemoryModelFromName(*flags.memory).value_or(explore.spec.memory);
  }
  for (const std::string& site : flags.sites) {
    if (absl::Status status = sim::Site::Parse(site).status(); !status.ok()) return status;
  }
  explore.sites = flags.sites;
  if (!flags.sites.empty()) explore.spec.preempt = sim::Preempt::kSites;
  if (flags.step_budget) explore.spec.step_budget = *flags.step_budget;
  if (flags.thread_leaks) explore.spec.report_thread_leaks = true;
  explore.jobs = flags.jobs;
  if (!flags.time.empty()) {
    const auto time = ParseTime("--time", flags.time);
    if (!time.ok()) return time.status();
    explore.time = *time;
  }
  return explore;
}

// Whether `auto` divides the campaign as it thinks best.
bool LeftToAuto(const ExploreFlags& flags) { return !flags.strategy || *flags.strategy == "auto"; }

// The strategy of a campaign on a program then: `auto`, with what the options fix.
// Without weak memory where a library could cause a false finding, unless it is asked for.
sim::StrategySpec DefaultStrategy(const ExploreFlags& flags,
                                  const std::vector<std::string>& plain_libraries) {
  std::vector<std::string> parameters;
  if (!flags.sites.empty()) {
    parameters = {"sync=0", "memory=0", "sites=1"};
  } else if (flags.preempt) {
    parameters = {*flags.preempt == "memory" ? "sync=0" : "memory=0"};
  }
  if (flags.memory) {
    if (*flags.memory != "sc") parameters.emplace_back("sc=0");
    if (*flags.memory != "c11") parameters.emplace_back("c11=0");
    if (*flags.memory == "tso") parameters.emplace_back("tso=1");
  } else if (!plain_libraries.empty()) {
    parameters.emplace_back("c11=0");
  }
  sim::StrategySpec spec;
  spec.name = "auto";
  spec.parameters = absl::StrJoin(parameters, ",").c_str();
  return spec;
}

absl::Status WithName(absl::string_view option, const absl::Status& status) {
  return {status.code(), absl::StrCat(option, ": ", status.message())};
}

// The options of a campaign as they are typed: those that decide which executions it has.
std::string OptionsText(const ExploreFlags& flags) {
  std::string text;
  if (flags.verify) {
    text = absl::StrCat(" --preemptions ", flags.preemptions, " --advances ", flags.advances);
  }
  const auto add = [&text](absl::string_view option, absl::string_view value) {
    absl::StrAppend(&text, " --", option, " ", sim::ShellWord(value));
  };
  if (flags.strategy && !flags.verify) add("strategy", *flags.strategy);
  if (!flags.producer.empty()) add("producer", flags.producer);
  if (flags.schedules) add("schedules", absl::StrCat(*flags.schedules));
  if (!flags.time.empty()) add("time", flags.time);
  if (flags.seed) add("seed", absl::StrCat(*flags.seed));
  if (flags.preempt) add("preempt", *flags.preempt);
  if (flags.memory) add("memory", *flags.memory);
  for (const std::string& site : flags.sites) add("site", site);
  if (flags.step_budget) add("step-budget", absl::StrCat(*flags.step_budget));
  for (const std::string& fault : flags.faults) add("fault", fault);
  if (!flags.before.empty()) add("before", flags.before);
  for (const std::string& folder : flags.shared) add("share", folder);
  for (const std::string& variable : flags.environment) add("env", variable);
  if (!flags.working_folder.empty()) add("working-folder", flags.working_folder);
  for (const std::string& key : flags.ignored) add("ignore", key);
  if (!flags.ignore_file.empty()) add("ignore-file", flags.ignore_file);
  if (flags.self_check) absl::StrAppend(&text, " --self-check");
  if (flags.one_process) absl::StrAppend(&text, " --one-process");
  if (flags.thread_leaks) absl::StrAppend(&text, " --thread-leaks");
  if (flags.go_on) absl::StrAppend(&text, " --go-on");
  return text;
}

int ExploreScenarios(const ExploreFlags& flags) {
  if (!flags.before.empty() || !flags.shared.empty() || !flags.environment.empty() ||
      !flags.ignored.empty() || !flags.ignore_file.empty() || !flags.working_folder.empty()) {
    return Fail(absl::InvalidArgumentError(
        "--before, --env, --ignore, --ignore-file, --share and --working-folder are for programs "
        "(--program) only"));
  }
  absl::StatusOr<harness::RunOptions> options = flags.ToOptions();
  if (!options.ok()) return Fail(options.status());
  const absl::StatusOr<std::vector<std::string>> files = FindScenarios(flags.scenarios);
  if (!files.ok()) return Fail(files.status());
  const absl::StatusOr<sim::Shard> shard = sim::ParseShard(flags.shard);
  if (!shard.ok()) return Fail(WithName("--shard", shard.status()));
  options->shard = *shard;
  options->go_on = flags.go_on;
  options->self_check = flags.self_check;
  options->by_fork = flags.fork;
  options->keep_clean = flags.keep_clean;
  options->schedules = flags.out;

  std::vector<harness::Scenario> scenarios;
  for (const std::string& file : *files) {
    absl::StatusOr<harness::Scenario> scenario = harness::ReadScenario(file);
    if (!scenario.ok()) return Fail(scenario.status());
    // One that is not explored by itself names the flavours in which it runs free.
    if (!options->flavours.empty()) {
      scenario->flavours = options->flavours;
    } else if (!scenario->explore) {
      scenario->flavours = {sim::Flavour::kDet};
    }
    absl::StatusOr<Exploration> explore =
        ToExploration(flags, scenario->explore.value_or(Exploration()));
    if (!explore.ok()) return Fail(explore.status());
    scenario->explore = *explore;
    if (!flags.faults.empty()) {
      harness::Faults faults = scenario->faults;
      absl::Status status = harness::ReadFaultSettings(flags.faults, &faults);
      const size_t compared = scenario->compare.size();
      if (status.ok()) status = scenario->UseFaults(faults);
      if (!status.ok()) return Fail(status);
      if (scenario->compare.size() < compared && !flags.json) {
        Tell(absl::StrCat(scenario->name, ": some oracles do not apply with faults; used: ",
                          absl::StrJoin(scenario->compare, ", ", [](std::string* out, auto oracle) {
                            absl::StrAppend(out, harness::Name(oracle));
                          })));
      }
    }
    if (flags.schedules) scenario->controls.schedules = *flags.schedules;
    std::erase(scenario->dispatchers, sim::Dispatcher::kReference);
    scenario->reach.clear();  // a condition on free runs
    scenarios.push_back(*std::move(scenario));
  }
  if (absl::Status status = harness::SelectScenarios(*options, &scenarios); !status.ok()) {
    return Fail(status);
  }
  reports::TerminalOptions terminal = flags.ToTerminal();
  terminal.unseen = true;
  return RunAndReport(scenarios, *options, flags, terminal, [&](const harness::Scenario& scenario) {
    return absl::StrCat("heddle explore ", sim::ShellWord(scenario.path), OptionsText(flags));
  });
}

std::string ProgressText(const sim::ExploreProgress& progress) {
  std::string text = absl::StrFormat("%s (%.0f/s), %u distinct, %s, %s",
                                     sim::Plural(progress.executions, "schedule"),
                                     progress.executions_per_second, progress.distinct_schedules,
                                     sim::Plural(progress.distinct_orders, "interleaving"),
                                     sim::Plural(progress.findings, "finding"));
  if (progress.faults > 0) absl::StrAppend(&text, ", ", sim::Plural(progress.faults, "fault"));
  if (progress.left) {
    absl::StrAppendFormat(&text, ", %d s left",
                          std::chrono::duration_cast<std::chrono::seconds>(*progress.left).count());
  }
  return text;
}

// Not a single schedule has ended.
bool RanNothing(const sim::ExploreResult& result) {
  return result.unfinished > 0 && result.progress.executions == 0;
}

reports::Proof ProofOf(const sim::ExploreResult& explored, const sim::CampaignSpec& spec,
                       const sim::Shard& shard) {
  const sim::StrategyProgress& search = explored.strategy;
  return {.complete = explored.exhausted && search.bounded == 0 && explored.findings.empty() &&
                      explored.ended_early == 0 && explored.unfinished == 0 &&
                      !explored.interrupted && explored.cut_short.ok(),
          .executions = search.executions,
          .repeated = search.abandoned,
          .left_out = search.bounded,
          .stores_left_out = search.stores_left_out,
          .threads = search.threads,
          .operations = search.steps,
          .in_process = explored.in_process,
          .memory = sim::MemoryModelName(spec.memory),
          .shares = shard.count,
          .shares_run = {shard.index}};
}

// The result of a campaign on a program, in the form of a scenario's result, for reports.
reports::ScenarioResult ProgramResult(const ExploreFlags& flags, const sim::CampaignSpec& spec,
                                      const sim::Shard& shard, const sim::ExploreResult& explored,
                                      std::vector<reports::Explored::Sample> curve,
                                      const std::optional<sim::Gap>& gap) {
  reports::ScenarioResult result;
  result.is_program = true;
  result.path = flags.program;
  result.name = flags.program.substr(flags.program.rfind('/') + 1);
  result.again = absl::StrCat("heddle ", flags.verify ? "verify" : "explore", " --program ",
                              sim::ShellWord(flags.program), OptionsText(flags),
                              flags.program_arguments.empty() ? "" : " --");
  for (const std::string& argument : flags.program_arguments) {
    absl::StrAppend(&result.again, " ", sim::ShellWord(argument));
  }
  result.duration = explored.progress.elapsed;
  result.interrupted = explored.interrupted;
  reports::CellResult cell;
  const absl::StatusOr<sim::Flavour> flavour = harness::ParseFlavour(explored.flavour);
  if (flavour.ok()) cell.flavour = *flavour;
  cell.runs = static_cast<int64_t>(explored.progress.executions);
  cell.duration = explored.progress.elapsed;
  for (const sim::DistinctFinding& found : explored.findings) {
    harness::MergeFound(harness::FindingsOf(found), found, &cell.findings);
  }
  cell.met = cell.findings.empty() && explored.ended_early == 0 && !explored.interrupted &&
             !RanNothing(explored);
  if (!cell.findings.empty()) {
    cell.reason = sim::Plural(cell.findings.size(), "distinct finding");
  } else if (explored.ended_early > 0) {
    cell.reason =
        absl::StrCat(sim::Plural(explored.ended_early, "schedule"),
                     " ended early: result inconclusive; the first ", explored.first_early_end);
  } else if (RanNothing(explored)) {
    cell.reason = "no schedule ended in time: result inconclusive";
  }
  cell.explored = harness::ExploredOf(explored, spec, std::move(curve), gap);
  if (cell.findings.empty() && explored.facts.threads > 1 && explored.flavour != "tsan") {
    cell.explored->unseen.push_back(absl::StrCat("data races, which ", explored.flavour,
                                                 " does not report: try the tsan build"));
  }
  if (flags.verify) {
    cell.explored->proof = ProofOf(explored, spec, shard);
    cell.met = cell.met && cell.explored->proof->complete;
  }
  result.cells.push_back(std::move(cell));
  return result;
}

// For a campaign that found nothing: where two threads may meet that it did not try.
std::optional<sim::Gap> GapOf(const sim::ExploreOptions& options,
                              const sim::ExploreResult& explored) {
  const bool asked = explored.findings.empty() && !explored.interrupted &&
                     explored.facts.threads > 1 && options.spec.preempt == sim::Preempt::kSync &&
                     !sim::TookMemoryPoints(explored);
  if (!asked) return std::nullopt;
  // Only a hint: where it cannot be had, the result says so in general.
  absl::StatusOr<std::optional<sim::Gap>> gap = sim::FindGap(options.program, options.spec.seed);
  return gap.ok() ? *std::move(gap) : std::nullopt;
}

// The ThreadSanitizer build beside `program`: queue-tsan for queue-asan.
absl::StatusOr<std::string> TsanBeside(absl::string_view program) {
  for (const absl::string_view ending : {"-det", "-asan"}) {
    if (absl::ConsumeSuffix(&program, ending)) return absl::StrCat(program, "-tsan");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--strategy race: expected the det or asan build of a program, with its tsan "
                   "build beside it; '",
                   program, "' ends in neither -det nor -asan"));
}

// For `auto`: the sites of the races that the tsan build shows in a few schedules, where there is
// such a build, or the campaign is one of it. *races: how many it has shown by then.
void LookForRaces(const ExploreFlags& flags, sim::ExploreOptions* options, uint64_t* races) {
  constexpr uint64_t kSchedules = 50;
  constexpr std::chrono::seconds kTime(10);
  sim::AutoOptions arms;
  const char* error = nullptr;
  std::error_code none;
  // Where a race ends the campaign, it has none to look for.
  const bool is_detector = flags.go_on && harness::EndingOf(flags.program) == "tsan";
  const absl::StatusOr<std::string> detector =
      is_detector ? flags.program : TsanBeside(flags.program);
  if (!options->spec.strategy.Plans() || !options->sites.empty() || !detector.ok() ||
      !std::filesystem::exists(*detector, none) ||
      !sim::ParseAutoOptions(options->spec.strategy.parameters.view(), &arms, &error)) {
    return;
  }
  // What is asked to preempt at synchronisation only does so.
  if (arms.memory == 0) return;
  sim::ExploreOptions detect = *options;
  detect.program.arguments[0] = *detector;
  detect.schedules = kSchedules;
  detect.time_limit = kTime;
  if (options->time_limit.count() > 0) {
    detect.time_limit = std::min<std::chrono::nanoseconds>(kTime, options->time_limit / 10);
  }
  detect.jobs = 1;
  detect.on_progress = nullptr;
  options->find_sites = [detect, races]() -> absl::StatusOr<std::vector<std::string>> {
    absl::StatusOr<harness::RaceTargets> targets = harness::FindRaceTargets(detect);
    if (!targets.ok()) return targets.status();
    *races = targets->races;
    return std::move(targets->sites);
  };
}

// Explores the program. Strategy race first explores its tsan build to find races.
absl::StatusOr<sim::ExploreResult> RunCampaign(const ExploreFlags& flags,
                                               sim::ExploreOptions options, ProgressLine* line) {
  uint64_t races = 0;
  LookForRaces(flags, &options, &races);
  if (options.spec.strategy.name != "race" || !options.sites.empty()) {
    absl::StatusOr<sim::ExploreResult> result = sim::Explore(options);
    // They are findings of the tsan build's own campaign.
    if (result.ok() && races > 0 && harness::EndingOf(flags.program) != "tsan") {
      const std::string tsan = harness::BuildIn(flags.program, "tsan");
      result->warnings.push_back(absl::StrCat(sim::Plural(races, "data race"), " in ", tsan,
                                              ": heddle explore --program ", tsan));
    }
    return result;
  }
  const absl::StatusOr<std::string> detector = TsanBeside(flags.program);
  if (!detector.ok()) return detector.status();
  sim::ExploreOptions detect = options;
  detect.program.arguments[0] = *detector;
  const absl::StatusOr<harness::RaceTargets> targets = harness::FindRaceTargets(detect);
  line->Clear();
  if (!targets.ok()) return targets.status();
  if (!flags.quiet && !flags.json) {
    Print(absl::StrCat(sim::Plural(targets->races, "data race"), " in ",
                       sim::Plural(targets->schedules, "schedule"), " of ", *detector,
                       "; racing accesses:", targets->sites.empty() ? " none" : "\n  ",
                       absl::StrJoin(targets->sites, "\n  "), "\n\n"));
  }
  if (!targets->sites.empty()) {
    options.spec.preempt = sim::Preempt::kSites;
    options.sites = targets->sites;
    absl::StatusOr<sim::ExploreResult> result = sim::Explore(options);
    if (!absl::IsNotFound(result.status())) return result;
  }
  sim::ExploreResult nothing;
  nothing.flavour = std::string(Name(sim::Flavour::kTsan));
  nothing.progress.executions = targets->schedules;
  if (targets->races > 0) nothing.warnings.emplace_back(harness::kNothingToSteerTo);
  return nothing;
}

// The campaign that `flags` ask for, all but who is told of it.
absl::StatusOr<sim::ExploreOptions> ProgramCampaign(
    const ExploreFlags& flags, const std::vector<std::string>& plain_libraries) {
  const absl::StatusOr<Exploration> explore = ToExploration(flags, Exploration());
  if (!explore.ok()) return explore.status();
  harness::Faults faults;
  if (absl::Status status = harness::ReadFaultSettings(flags.faults, &faults); !status.ok()) {
    return status;
  }
  sim::ExploreOptions options;
  const sim::FaultPlan system_faults = std::exchange(faults.system, {});
  if (faults != harness::Faults()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--fault: a program has no network traffic and no host: ",
        absl::StrJoin(harness::FaultSettings(faults), ", "),
        " is for scenarios only; programs accept: ", absl::StrJoin(sim::kFaultKindNames, ", ")));
  }
  const absl::StatusOr<sim::Shard> shard = sim::ParseShard(flags.shard);
  if (!shard.ok()) return WithName("--shard", shard.status());
  options.shard = *shard;
  options.program.arguments = {flags.program};
  options.program.arguments.insert(options.program.arguments.end(), flags.program_arguments.begin(),
                                   flags.program_arguments.end());
  options.program.before = flags.before;
  options.program.shared_folders = flags.shared;
  // A proof rests on each execution; of those in one process, a few are compared with a fork.
  options.program.in_process = flags.verify ? flags.one_process : !flags.fork;
  options.program.environment = flags.environment;
  options.program.working_directory = flags.working_folder;
  if (absl::Status status = sim::CheckWorkingDirectory(flags.working_folder); !status.ok()) {
    return WithName("--working-folder", status);
  }
  if (absl::Status status = sim::CheckEnvironment(flags.environment); !status.ok()) {
    return WithName("--env", status);
  }
  options.spec = explore->spec;
  if (LeftToAuto(flags)) options.spec.strategy = DefaultStrategy(flags, plain_libraries);
  options.spec.faults = system_faults;
  options.sites = explore->sites;
  options.schedules = flags.verify ? 0 : static_cast<uint64_t>(explore->schedules);
  options.time_limit = explore->time;
  options.jobs = flags.jobs;
  options.stop_at_first = !flags.go_on;
  options.self_check = flags.self_check;
  options.keep_clean = flags.keep_clean;
  options.out = flags.out;
  options.subject_path = flags.program;
  options.subject_builds = harness::HashBuilds(flags.program);
  options.extra = nlohmann::json{{"arguments", flags.program_arguments}}.dump();
  return options;
}

// What is wrong with the program's name, and what would be right. OK when the file is there.
absl::Status CheckProgram(const std::string& program) {
  std::error_code error;
  if (std::filesystem::exists(program, error)) return absl::OkStatus();
  const std::string missing = absl::StrCat(program, ": there is no such program");
  const std::string flavour(harness::EndingOf(program));
  for (const absl::string_view other : {"det", "tsan", "asan"}) {
    if (flavour.empty() || other == flavour) continue;
    if (!std::filesystem::exists(harness::BuildIn(program, other), error)) continue;
    // Where a build system's files are: the program's folder or one above it.
    std::filesystem::path folder = std::filesystem::path(program).parent_path();
    while (!folder.empty() && !std::filesystem::exists(folder / "CMakeCache.txt", error) &&
           folder != folder.parent_path()) {
      folder = folder.parent_path();
    }
    return absl::NotFoundError(
        absl::StrCat(missing, "; flavour ", flavour, " is not built: cmake --build ",
                     sim::ShellWord(folder.empty() ? "." : folder.string()), " --target ",
                     sim::ShellWord(std::filesystem::path(program).filename().string())));
  }
  return WithNearestFile(absl::NotFoundError(missing), program);
}

// The options of replays that change what an execution is.
std::string ReplayOptions(const ExploreFlags& flags) {
  std::vector<std::string> options;
  if (!flags.before.empty()) options = {"--before", sim::ShellWord(flags.before)};
  for (const std::string& folder : flags.shared) {
    options.push_back(absl::StrCat("--share ", sim::ShellWord(folder)));
  }
  for (const std::string& variable : flags.environment) {
    options.push_back(absl::StrCat("--env ", sim::ShellWord(variable)));
  }
  if (!flags.working_folder.empty()) {
    options.push_back(absl::StrCat("--working-folder ", sim::ShellWord(flags.working_folder)));
  }
  return absl::StrJoin(options, " ");
}

// The findings that are not to count: by the keys that reports show.
class IgnoredFindings {
 public:
  // NotFound and InvalidArgument of the file: one key a line, the first word; # begins a comment.
  static absl::StatusOr<IgnoredFindings> Read(const ExploreFlags& flags) {
    IgnoredFindings ignored;
    for (const std::string& key : flags.ignored) {
      if (!IsKey(key))
        return absl::InvalidArgumentError(absl::StrCat("--ignore: ", kExpected, key));
      ignored.keys_.insert(key);
    }
    if (flags.ignore_file.empty()) return ignored;
    std::ifstream file(flags.ignore_file);
    if (!file) {
      return WithNearestFile(
          absl::NotFoundError(absl::StrCat("--ignore-file: cannot read ", flags.ignore_file)),
          flags.ignore_file);
    }
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      const std::vector<std::string> words = absl::StrSplit(
          line.substr(0, line.find('#')), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
      if (words.empty()) continue;
      if (!IsKey(words[0])) {
        return absl::InvalidArgumentError(
            absl::StrCat(flags.ignore_file, ":", number, ": ", kExpected, words[0]));
      }
      ignored.keys_.insert(words[0]);
    }
    return ignored;
  }

  bool empty() const { return keys_.empty(); }

  // An execution may show several: all of them must be ignored.
  bool Has(const sim::DistinctFinding& found) const {
    const std::vector<reports::Finding> findings = harness::FindingsOf(found);
    return std::all_of(findings.begin(), findings.end(),
                       [&](const auto& each) { return keys_.contains(each.dedup_key); });
  }

  // Takes them out of `result`, with their schedule files, and says so there. How many executions
  // ended with one.
  uint64_t RemoveFrom(sim::ExploreResult* result) const {
    uint64_t executions = 0;
    std::erase_if(result->findings, [&](const sim::DistinctFinding& found) {
      if (!Has(found)) return false;
      executions += found.times;
      result->warnings.push_back(absl::StrCat(
          sim::Plural(found.times, "schedule"), " ended with a finding that is ignored (",
          harness::FindingsOf(found)[0].dedup_key, "): ", found.message));
      std::error_code error;
      if (!found.path.empty()) std::filesystem::remove(found.path, error);
      return true;
    });
    return executions;
  }

 private:
  static constexpr absl::string_view kExpected =
      "expected a dedup key, 16 hexadecimal digits, not ";

  static bool IsKey(absl::string_view text) {
    return text.size() == 16 && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
  }

  std::set<std::string> keys_;
};

int ExploreProgram(ExploreFlags flags) {
  flags.program = sim::ProgramBehind(flags.program);
  if (absl::Status status = CheckProgram(flags.program); !status.ok()) return Fail(status);
  // They matter where `auto` chooses the memory model.
  std::vector<std::string> plain;
  if (LeftToAuto(flags) && !flags.memory) plain = harness::PlainLibraries(flags.program);
  absl::StatusOr<sim::ExploreOptions> options = ProgramCampaign(flags, plain);
  if (!options.ok()) return Fail(options.status());
  const absl::StatusOr<IgnoredFindings> ignored = IgnoredFindings::Read(flags);
  if (!ignored.ok()) return Fail(ignored.status());
  if (!ignored->empty() && options->stop_at_first) {
    options->stop_at_first = false;
    options->enough = [&](const sim::DistinctFinding& found) { return !ignored->Has(found); };
  }
  sim::CatchInterrupts();
  std::atomic<bool> stop{false};
  options->interrupted = &stop;
  ProgressLine line(flags.quiet || flags.json);
  std::vector<reports::Explored::Sample> curve;
  options->on_progress = [&](const sim::ExploreProgress& progress) {
    stop = sim::Interrupted();
    harness::AddSample(progress, &curve);
    line.Show(ProgressText(progress));
  };
  absl::StatusOr<sim::ExploreResult> result = RunCampaign(flags, *options, &line);
  line.Clear();
  if (!result.ok()) return Fail(result.status());
  const uint64_t ignored_executions = ignored->RemoveFrom(&*result);
  // Each ended with what is ignored: nothing else can have shown.
  const bool all_ignored =
      ignored_executions > 0 && ignored_executions >= result->progress.executions;
  const reports::ScenarioResult campaign = ProgramResult(
      flags, options->spec, options->shard, *result, std::move(curve), GapOf(*options, *result));
  const absl::Status written = Keep(flags.out, {campaign}, flags.quiet || flags.json);
  for (const std::string& warning : result->warnings) {
    Tell(absl::StrCat("warning: ", warning));
  }
  reports::TerminalOptions terminal = flags.ToTerminal();
  terminal.unseen = true;
  terminal.replay_options = ReplayOptions(flags);
  PrintResults({campaign}, flags.json, terminal);
  if (result->unfinished > 0 && !flags.json) {
    Print(absl::StrCat(sim::Plural(result->unfinished, "schedule"),
                       " did not end in time, and cannot count as clean\n"));
  }
  if (!plain.empty() && !flags.json && !flags.quiet) {
    Print(absl::StrCat("note: without weak memory (--memory c11): ", plain.front(),
                       plain.size() > 1 ? absl::StrCat(" and ", plain.size() - 1, " more") : "",
                       plain.size() > 1 ? " are" : " is",
                       " not instrumented, and may order memory by atomics of its own\n"));
  }
  if (result->learnt_before > 0 && !flags.json && !flags.quiet) {
    Print(absl::StrCat("note: rff went on from what it had learnt in ",
                       sim::Plural(result->learnt_before, "schedule"), " before, kept in ",
                       flags.out, "\n"));
  }
  if (result->most_threads_left > 0 && !flags.json && !flags.quiet) {
    Print(absl::StrCat("note: ", result->executions_with_threads_left == 1 ? "" : "up to ",
                       sim::ThreadsLeftText(result->most_threads_left), " (in ",
                       sim::Plural(result->executions_with_threads_left, "schedule"),
                       "); with --thread-leaks, threads that nobody joined or detached are a "
                       "finding\n"));
  }
  if (!written.ok()) return Fail(written);
  if (!result->cut_short.ok()) return Fail(result->cut_short);
  if (result->interrupted) return kInterrupted;
  if (!result->findings.empty()) return kUnmet;
  if (flags.verify) return campaign.met() && ignored_executions == 0 ? kMet : kInconclusive;
  return result->ended_early == 0 && !all_ignored && !RanNothing(*result) ? kMet : kInconclusive;
}

absl::Status CheckBound(absl::string_view option, const std::string& value) {
  uint32_t number;
  if (value == "all" || (absl::SimpleAtoi(value, &number) && number <= 1'000'000)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": '", value, "'; expected a number up to 1000000, or all"));
}

int Verify(const ExploreFlags& flags) {
  for (const auto& [option, value] :
       {std::pair("--preemptions", flags.preemptions), std::pair("--advances", flags.advances)}) {
    if (absl::Status status = CheckBound(option, value); !status.ok()) return Fail(status);
  }
  ExploreFlags search = flags;
  search.strategy =
      absl::StrCat("dfs:preemptions=", flags.preemptions, ",advances=", flags.advances);
  return ExploreProgram(search);
}

int Explore(const ExploreFlags& flags) {
  if (flags.program.empty() == flags.scenarios.empty()) {
    return Fail(absl::InvalidArgumentError("expected scenarios, or one program with --program"));
  }
  return flags.program.empty() ? ExploreScenarios(flags) : ExploreProgram(flags);
}

}  // namespace

void AddExplore(Command app) {
  Command command = app.Add("explore", "Search the interleavings of a scenario or a program");
  auto flags = std::make_shared<ExploreFlags>();
  command.AddOption("scenario", &flags->scenarios,
                    "Scenario files, folders of them, or names (see heddle list)");
  command
      .AddOption(
          "--strategy,-s", &flags->strategy,
          "auto, fifo, random, pct[:d=N], pos, surw, delay[:d=N], rff, dfs[:preemptions=N],\n"
          "race (default for programs auto, for scenarios random).\n"
          "auto: divides the schedules over the random strategies, with and without\n"
          "preemptions at memory accesses and weak memory, as far as --preempt and\n"
          "--memory leave it open.\n"
          "race: drives execution into the data races that the tsan build reports, in\n"
          "det or asan, until one causes a failure")
      .Suggest({harness::kStrategyNames.begin(), harness::kStrategyNames.end()});
  command.AddOption("--schedules,-n", &flags->schedules, "Number of schedules (default 1000)")
      .Between(int64_t{1}, int64_t{1'000'000'000});
  command.AddOption("--time", &flags->time, "Limit of real time: 90s, 10min");
  command.AddOption("--seed", &flags->seed, "Seed of the campaign (default 1)");
  command
      .AddOption("--preempt", &flags->preempt,
                 "Preempt threads at synchronisation only (sync, the default but for auto), or at\n"
                 "every memory access too (memory)")
      .OneOf({"sync", "memory"});
  command
      .AddOption(
          "--memory", &flags->memory,
          "Which stores an atomic load can read: the newest (sc, the default but for auto),\n"
          "those that C++11 allows (c11), those that x86 shows (tso)")
      .OneOf({"sc", "c11", "tso"});
  command.AddOption("--site", &flags->sites,
                    "Preempt threads at the memory accesses of this source line too, instead of\n"
                    "--preempt: FILE:LINE[:COLUMN], with <FILE:LINE for the line it is inlined\n"
                    "into (may be repeated)");
  command.AddOption("--shard", &flags->shard,
                    "I/N: run only the schedules I, I+N, I+2N... (numbered from 1). N jobs with\n"
                    "the same options share one campaign; heddle merge merges their results");
  command.AddOption("--step-budget", &flags->step_budget,
                    "Limit of schedule points; an execution of a program that exceeds it counts\n"
                    "as a livelock");
  command.AddOption(
      "--fault", &flags->faults,
      "NAME=VALUE (may be repeated): inject a fault of the environment, by probability\n"
      "or by occasion: fail_allocation=0.1%, fail_thread=1, short_read=10%,\n"
      "short_write=10%, interrupt=5%, again=5%. Scenarios also accept the network\n"
      "faults: drop=1%, duplicate=1%, reorder=5%, delay=1%, corrupt=1%,\n"
      "disconnect=0.5%, seed=7...");
  command.AddOption("--jobs,-j", &flags->jobs, "Number of parallel processes (default 1)")
      .Between(uint64_t{1}, uint64_t{256});
  command.AddOption("--out,-o", &flags->out,
                    "Folder for the schedule files (default heddle-findings)");
  command.AddFlag("--fork", &flags->fork,
                  "Make a process for each execution, also where one can run them all by putting\n"
                  "its memory back");
  command.AddFlag("--self-check", &flags->self_check,
                  "Run each schedule twice; different operations are a finding");
  command.AddOption("--keep-clean", &flags->keep_clean,
                    "Also write the schedules of this many clean executions (default 0)");
  command.AddOption(
      "--before", &flags->before,
      "Run this shell command before each execution of a program (--program), in its\n"
      "working folder: to prepare files for it, or to remove what the last one left\n"
      "in folders that are shared, or outside of the process; replay it with the\n"
      "same");
  command
      .AddOption("--env", &flags->environment,
                 "NAME=VALUE: set it for a program (--program), whose environment is fixed\n"
                 "otherwise (may be repeated); replay it with the same")
      .OneEach();
  command.AddOption(
      "--working-folder", &flags->working_folder,
      "Start a program (--program) in this folder (default: the current one); replay\n"
      "it with the same");
  command
      .AddOption("--ignore", &flags->ignored,
                 "Do not count the finding of a program with this dedup key, and go on (may be\n"
                 "repeated)")
      .OneEach();
  command.AddOption("--ignore-file", &flags->ignore_file,
                    "The same for the keys in this file: one a line, # begins a comment");
  command
      .AddOption("--share", &flags->shared,
                 "Let executions of a program change this folder for real: by default /tmp,\n"
                 "/var/tmp and the working folder are private copies (may be repeated); replay it\n"
                 "with the same")
      .OneEach();
  command.AddFlag("--thread-leaks", &flags->thread_leaks,
                  "Report threads that are neither joined nor detached when the process ends");
  command.AddFlag("--go-on", &flags->go_on, "Go on after the first finding");
  command.AddOption("--program,-p", &flags->program,
                    "Explore this executable, linked through heddle_instrument(); its arguments\n"
                    "come after --");
  flags->Declare(command);
  command.AllowExtras();
  command.SetFooter(
      "Defaults come from the scenario's 'explore'. The default flavour is the scenario's own if\n"
      "it has 'explore', otherwise det, the fastest. Each distinct finding is written to a\n"
      "schedule file, which heddle replay replays in any flavour.\n"
      "\n"
      "  heddle explore burst-short --strategy pct:d=3 --schedules 5000 --jobs 2\n"
      "  heddle explore explored-unsync-tsan --schedules 10\n"
      "  heddle explore burst-short --schedules 100000 --shard 2/8 --out shard-2\n"
      "  heddle explore --program ./queue_test-det -- --events 4\n"
      "  heddle explore --program ./server-det --fault interrupt=5% --fault short_read=10%");
  command.OnRun([flags, command] {
    flags->program_arguments = command.Extras();
    // Some versions of CLI11 leave the separator in.
    if (!flags->program_arguments.empty() && flags->program_arguments.front() == "--") {
      flags->program_arguments.erase(flags->program_arguments.begin());
    }
    if (!flags->program.empty()) {
      // CLI11 hands what follows -- to the positional first.
      flags->program_arguments.insert(flags->program_arguments.begin(), flags->scenarios.begin(),
                                      flags->scenarios.end());
      flags->scenarios.clear();
    } else if (!flags->program_arguments.empty()) {
      return Fail(absl::InvalidArgumentError(
          absl::StrCat("unknown option ", flags->program_arguments.front())));
    }
    return Explore(*flags);
  });
}

void AddVerify(Command app) {
  Command command = app.Add("verify", "Show that no interleaving of a small program fails");
  auto flags = std::make_shared<ExploreFlags>();
  flags->verify = true;
  command.AddOption("program-arguments", &flags->scenarios, "Arguments of the program, after --");
  command
      .AddOption("--program,-p", &flags->program,
                 "Verify this executable, linked through heddle_instrument(); its arguments come\n"
                 "after --")
      .Required();
  command
      .AddOption("--memory", &flags->memory,
                 "Which stores an atomic load can read: the newest (sc, the default), those that\n"
                 "C++11 allows (c11), those that x86 shows (tso)")
      .OneOf({"sc", "c11", "tso"});
  command.AddOption("--preemptions", &flags->preemptions,
                    "Search interleavings with so many preemptions only (default all)");
  command.AddOption("--advances", &flags->advances,
                    "Let time jump over threads that can run so often only (default all)");
  command
      .AddOption(
          "--preempt", &flags->preempt,
          "Preempt threads at synchronisation only (sync, the default: enough for a program\n"
          "without data races), or at every memory access too (memory)")
      .OneOf({"sync", "memory"});
  command.AddOption("--time", &flags->time, "Limit of real time: 90s, 10min");
  command.AddOption("--shard", &flags->shard,
                    "I/N: search only the share I of N; heddle merge has the claim for all");
  command.AddOption("--step-budget", &flags->step_budget,
                    "Limit of schedule points; an execution that exceeds it counts as a livelock");
  command.AddOption(
      "--out,-o", &flags->out,
      "Folder for the result and the schedule of a finding (default heddle-findings)");
  command.AddOption("--before", &flags->before, "Run this shell command before each execution");
  command
      .AddOption("--env", &flags->environment,
                 "NAME=VALUE: set it for the program (may be repeated)")
      .OneEach();
  command.AddOption("--working-folder", &flags->working_folder,
                    "Start the program in this folder (default: the current one)");
  command
      .AddOption("--share", &flags->shared,
                 "Let executions change this folder for real (may be repeated)")
      .OneEach();
  command.AddFlag(
      "--one-process", &flags->one_process,
      "Let executions share a process that puts its memory back behind each, where one\n"
      "can: much faster. Some are compared with forks, and the claim says so");
  command.AddFlag("--thread-leaks", &flags->thread_leaks,
                  "Report threads that are neither joined nor detached when the process ends");
  command.AddFlag("--json", &flags->json, "Print JSON (reports/run.schema.json)");
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only what is wrong, and the last line");
  command.AllowExtras();
  command.SetFooter(
      "Runs every interleaving that can matter (strategy dfs), with every value that an atomic "
      "load\n"
      "can read, until one fails. Exits with 0 if all were run and none fails, with 1 if one "
      "fails,\n"
      "and with 4 if not all were run: time was up, or a bound left something out. A share exits\n"
      "with 0 when it is complete; only heddle merge of all shares has the claim.\n"
      "\n"
      "  heddle verify --program ./queue_test-tsan -- --events 2\n"
      "  heddle verify --program ./queue_test-det --memory c11 --shard 1/4 --out share-1");
  command.OnRun([flags, command] {
    std::vector<std::string> arguments = command.Extras();
    if (!arguments.empty() && arguments.front() == "--") arguments.erase(arguments.begin());
    // CLI11 hands what follows -- to the positional first.
    arguments.insert(arguments.begin(), flags->scenarios.begin(), flags->scenarios.end());
    flags->scenarios.clear();
    flags->program_arguments = std::move(arguments);
    return Verify(*flags);
  });
}

}  // namespace heddle::cli
