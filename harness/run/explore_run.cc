#include "harness/run/explore_run.h"

#include <atomic>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "harness/run/cell_verdict.h"
#include "harness/run/cells.h"
#include "harness/run/history_check.h"
#include "harness/run/host_run.h"
#include "harness/run/race_targets.h"
#include "harness/run/scenario_schedule.h"
#include "sim/explore/explore.h"
#include "sim/process/environment.h"
#include "sim/process/process.h"

namespace heddle::harness {
namespace {

// A campaign of the cell on `host`, its own or another flavour's, with an empty folder for each
// job and for the forks that confirm what it finds. `*results` becomes where the host of each
// reports.
absl::StatusOr<sim::ExploreOptions> MakeCampaign(const CellPlan& plan, const std::string& host,
                                                 const Exploration& explore,
                                                 std::vector<std::string>* results) {
  const std::string folder = plan.MakeRunFolder(/*run=*/0);
  sim::ExploreOptions options = ExploreOptionsOf(plan.scenario, plan.dispatcher, explore);
  const host::Request request = ExploredRequest(plan.scenario, plan.dispatcher);
  results->clear();
  std::vector<sim::ProgramOptions> programs;
  for (uint32_t i = 0; i < 2 * options.jobs; ++i) {
    const std::string name =
        i < options.jobs ? absl::StrCat("job-", i) : absl::StrCat("confirm-", i - options.jobs);
    const HostJob host_job{host, absl::StrCat(folder, "/", name), request,
                           plan.scenario.time_limit};
    std::error_code error;
    if (!std::filesystem::create_directory(host_job.folder, error)) {
      return sim::EnvironmentError(error.value(), absl::StrCat("cannot make ", host_job.folder));
    }
    absl::StatusOr<sim::ProgramOptions> program = ControlledHost(host_job);
    if (!program.ok()) return program.status();
    program->in_process = !plan.options.by_fork;
    programs.push_back(*std::move(program));
    results->push_back(ResultIn(host_job.folder));
  }
  options.program = programs.front();
  options.program_of_job = [programs](uint32_t job) { return programs[job]; };
  absl::StatusOr<std::string> hash = SubjectHash(plan.scenario, plan.dispatcher);
  if (!hash.ok()) return hash.status();
  options.subject_hash = *std::move(hash);
  return options;
}

// What cannot run has a status of its own here.
absl::Status OfCampaign(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInternal(status)
             ? absl::UnavailableError(status.message())
             : status;
}

// The cell's data races, as ThreadSanitizer sees them.
absl::StatusOr<RaceTargets> FindTargets(const CellPlan& plan, const Exploration& explore,
                                        const CellResult& cell) {
  if (plan.flavour == Flavour::kTsan) {
    return absl::InvalidArgumentError(
        absl::StrCat(plan.scenario.path,
                     ": strategy race searches for failures that races cause, in det or asan; "
                     "tsan reports the races themselves"));
  }
  const absl::StatusOr<std::string> host =
      FindHost(plan.options.host_folder, Flavour::kTsan, plan.scenario.producer);
  if (!host.ok()) return host.status();
  Exploration detect = explore;
  detect.spec.strategy = {};
  std::vector<std::string> results;
  absl::StatusOr<sim::ExploreOptions> options = MakeCampaign(plan, *host, detect, &results);
  if (!options.ok()) return options.status();
  std::atomic<bool> stop{false};
  options->interrupted = &stop;
  options->on_progress = [&](const sim::ExploreProgress& progress) {
    plan.Announce(cell, static_cast<int64_t>(options->schedules), &progress);
    stop = sim::Interrupted();
  };
  absl::StatusOr<RaceTargets> targets = FindRaceTargets(*options);
  if (!targets.ok()) return OfCampaign(targets.status());
  return targets;
}

// The search for races has left nothing for the campaign to do.
void SetNothingToExplore(const RaceTargets& targets, CellResult* cell) {
  cell->runs = static_cast<int64_t>(targets.schedules);
  cell->explored = Explored{.schedules = targets.schedules, .races = targets.races};
  SetVerdict({targets.races == 0
                  ? absl::StrCat("no data race found in ", targets.schedules, " schedules of tsan")
                  : std::string(kNothingToSteerTo)},
             cell);
}

void SetResult(const CellPlan& plan, const sim::CampaignSpec& spec,
               const sim::ExploreResult& result, const HistoryChecker& checker, uint64_t races,
               std::vector<Explored::Sample> curve, CellResult* cell) {
  cell->runs = static_cast<int64_t>(result.progress.executions);
  cell->explored = ExploredOf(result, spec, std::move(curve));
  cell->explored->histories = checker.histories();
  cell->explored->races = races;
  cell->findings.clear();
  for (const sim::DistinctFinding& found : result.findings) {
    MergeFound(checker.FindingsIn(found), found, &cell->findings);
  }
  SetStatus(plan.Expected(), plan.scenario.other_findings, &cell->findings);
}

// Runs the campaign `options`, whose hosts report in `results`.
absl::Status RunCampaign(const CellPlan& plan, sim::ExploreOptions options,
                         const std::vector<std::string>& results, const RaceTargets& targets,
                         Baselines* baselines, CellResult* cell) {
  options.stop_at_first = plan.Expected().empty() && !plan.options.go_on;
  if (plan.options.schedules) options.out = *plan.options.schedules;
  options.shard = plan.options.shard;
  options.self_check = plan.options.self_check;
  options.keep_clean = plan.options.keep_clean;
  HistoryChecker checker(plan, results, baselines, cell);
  options.check = [&](uint32_t job, const sim::Outcome&) { return checker.Take(job); };
  // The first finding need not be an expected one.
  std::vector<Finding> so_far;
  if (!plan.Expected().empty() && !plan.options.go_on) {
    options.enough = [&](const sim::DistinctFinding& found) {
      Merge(checker.FindingsIn(found), found.nth, &so_far);
      return AllFound(plan.Expected(), so_far);
    };
  }
  std::atomic<bool> stop{false};
  options.interrupted = &stop;
  std::vector<Explored::Sample> curve;
  options.on_progress = [&](const sim::ExploreProgress& progress) {
    cell->runs = static_cast<int64_t>(progress.executions);
    AddSample(progress, &curve);
    plan.Announce(*cell, static_cast<int64_t>(options.schedules), &progress);
    stop = sim::Interrupted();
  };
  const absl::StatusOr<sim::ExploreResult> result = sim::Explore(options);
  if (absl::IsNotFound(result.status()) && targets.races > 0) {
    SetNothingToExplore(targets, cell);
    return absl::OkStatus();
  }
  if (!result.ok()) return OfCampaign(result.status());
  SetResult(plan, options.spec, *result, checker, targets.races, std::move(curve), cell);
  if (!result->cut_short.ok()) return OfCampaign(result->cut_short);
  if (result->unfinished > 0 && result->progress.executions == 0) {
    SetVerdict({"no schedule ended in time: result inconclusive"}, cell);
  } else {
    SetVerdict(CheckExplored(plan.Expected(), *cell), cell);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunExplored(const CellPlan& plan, Baselines* baselines, CellResult* cell) {
  const Scenario& scenario = plan.scenario;
  Exploration explore = *scenario.explore;
  if (IsControl(scenario, plan.dispatcher) && scenario.controls.schedules) {
    explore.schedules = *scenario.controls.schedules;
  }
  RaceTargets targets;
  if (explore.spec.strategy.name == "race" && explore.sites.empty()) {
    absl::StatusOr<RaceTargets> found = FindTargets(plan, explore, *cell);
    if (!found.ok()) return found.status();
    targets = *std::move(found);
    // A cell that should be clean is explored all the same, with any preemption.
    if (targets.sites.empty() && !plan.Expected().empty()) {
      SetNothingToExplore(targets, cell);
      return absl::OkStatus();
    }
    explore.sites = targets.sites;
    if (!targets.sites.empty()) explore.spec.preempt = sim::Preempt::kSites;
  }
  std::vector<std::string> results;
  absl::StatusOr<sim::ExploreOptions> options = MakeCampaign(plan, plan.host, explore, &results);
  if (!options.ok()) return options.status();
  return RunCampaign(plan, *std::move(options), results, targets, baselines, cell);
}

}  // namespace heddle::harness
