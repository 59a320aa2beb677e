#include "harness/run/free_run.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/oracles/reference.h"
#include "harness/run/cell_verdict.h"
#include "harness/run/history_check.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "sim/process/process.h"

namespace heddle::harness {
namespace {

// A cell that should be clean is proved not to be after so many runs that are not.
constexpr int64_t kEnoughFailures = 3;
// Free runs reach a coverage goal by chance: so many more may try.
constexpr int64_t kRunsToReach = 50;

int64_t PlannedRuns(const CellPlan& plan) {
  if (plan.dispatcher == Dispatcher::kReference) return 1;
  return plan.options.runs.value_or(plan.scenario.runs);
}

absl::StatusOr<std::vector<Finding>> RunReference(const CellPlan& plan,
                                                  const host::Request& request, CellResult* cell) {
  absl::StatusOr<RunWatcher> watcher = MakeWatcher(plan, request);
  if (!watcher.ok()) return watcher.status();
  absl::Status status =
      ReplayInLockstep(plan.trace, plan.AsDelivered(request), [&](const HostLine& line) {
        watcher->OnLine(line);
        return !sim::Interrupted();
      });
  if (!status.ok()) return status;
  watcher->AddTo(cell);
  return watcher->TakeViolations();
}

void Remove(const CellPlan& plan, const std::string& folder) {
  if (plan.options.keep) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

// Keeps the files of the cell's first run with an unexpected finding; until there is one, of the
// first run that found nothing where something is expected. With --keep, those of all runs.
void KeepOrRemove(const CellPlan& plan, const std::string& folder,
                  const std::vector<Finding>& findings, CellResult* cell) {
  const bool first_unexpected = AnyUnexpected(findings) && !AnyUnexpected(cell->findings);
  const bool found_nothing = findings.empty() && !plan.Expected().empty();
  if (first_unexpected) {
    if (!cell->kept_folder.empty()) Remove(plan, cell->kept_folder);
    cell->kept_folder = folder;
  } else if (found_nothing && cell->kept_folder.empty()) {
    cell->kept_folder = folder;
  } else {
    Remove(plan, folder);
  }
}

absl::StatusOr<std::vector<Finding>> RunInHost(const CellPlan& plan, const host::Request& request,
                                               Baselines* baselines, CellResult* cell) {
  absl::StatusOr<RunWatcher> watcher = MakeWatcher(plan, request);
  if (!watcher.ok()) return watcher.status();
  const std::string folder = plan.MakeRunFolder(cell->runs);
  absl::StatusOr<HostRun> run = RunHost({plan.host, folder, request, plan.scenario.time_limit});
  if (!run.ok()) return run.status();
  if (run->outcome.end == sim::ProcessOutcome::End::kInterrupted) return std::vector<Finding>();

  std::vector<Finding> findings;
  const bool complete = watcher->ReadResult(run->result_path).ok() &&
                        run->outcome.end == sim::ProcessOutcome::End::kExited;
  if (std::optional<Finding> end =
          FindingOfEnd(*run, plan.scenario.time_limit, complete, watcher->progress())) {
    findings.push_back(*std::move(end));
  }
  if (plan.scenario.Compares(Oracle::kSanitizers)) {
    std::move(run->sanitizer_findings.begin(), run->sanitizer_findings.end(),
              std::back_inserter(findings));
  }
  if (complete) {
    watcher->AddTo(cell);
    for (Finding& violation : watcher->TakeViolations()) findings.push_back(std::move(violation));
    if (plan.scenario.Compares(Oracle::kEquivalence)) {
      absl::StatusOr<std::optional<Finding>> difference =
          baselines->Compare(plan, run->result_path);
      if (!difference.ok()) return difference.status();
      if (difference->has_value()) findings.push_back(**std::move(difference));
    }
  }
  SetStatus(plan.Expected(), plan.scenario.other_findings, &findings);
  KeepOrRemove(plan, folder, findings, cell);
  return findings;
}

// One run of the cell. Its findings are merged into the cell's, and returned.
absl::StatusOr<std::vector<Finding>> RunOnce(const CellPlan& plan, int64_t planned,
                                             Baselines* baselines, CellResult* cell) {
  ++cell->runs;
  plan.Announce(*cell, planned);
  const host::Request request =
      MakeRequest(plan.scenario, plan.dispatcher, static_cast<uint64_t>(cell->runs));
  absl::StatusOr<std::vector<Finding>> findings = plan.dispatcher == Dispatcher::kReference
                                                      ? RunReference(plan, request, cell)
                                                      : RunInHost(plan, request, baselines, cell);
  if (findings.ok()) Merge(*findings, cell->runs, &cell->findings);
  return findings;
}

absl::Status RunClean(const CellPlan& plan, Baselines* baselines, CellResult* cell) {
  const int64_t planned = PlannedRuns(plan);
  const auto needs_more = [&](int64_t run, int64_t failures) {
    if (run <= planned) return true;
    return failures == 0 && run <= planned + kRunsToReach &&
           !Unreached(plan.scenario, *cell).empty();
  };
  int64_t failures = 0;
  for (int64_t run = 1;
       failures < kEnoughFailures && needs_more(run, failures) && !sim::Interrupted(); ++run) {
    const absl::StatusOr<std::vector<Finding>> findings =
        RunOnce(plan, std::max(run, planned), baselines, cell);
    if (!findings.ok()) return findings.status();
    if (!findings->empty()) ++failures;
  }
  SetVerdict(CheckClean(*cell), cell);
  return absl::OkStatus();
}

// Runs up to `within` attempts, and takes what was found out of `*missing`.
absl::Status FindMissing(const CellPlan& plan, Baselines* baselines,
                         std::vector<ExpectedFinding>* missing, CellResult* cell) {
  for (int64_t attempt = 1; !missing->empty() && !sim::Interrupted(); ++attempt) {
    const bool hopeless =
        std::none_of(missing->begin(), missing->end(),
                     [&](const ExpectedFinding& expected) { return attempt <= expected.within; });
    if (hopeless) break;
    const absl::StatusOr<std::vector<Finding>> findings =
        RunOnce(plan, PlannedRuns(plan), baselines, cell);
    if (!findings.ok()) return findings.status();
    std::erase_if(*missing, [&](const ExpectedFinding& expected) {
      return attempt <= expected.within && Found(expected, *findings);
    });
  }
  return absl::OkStatus();
}

absl::Status RunForFindings(const CellPlan& plan, Baselines* baselines, CellResult* cell) {
  Reasons reasons;
  for (int64_t run = 1; run <= PlannedRuns(plan) && reasons.empty() && !sim::Interrupted(); ++run) {
    std::vector<ExpectedFinding> missing = plan.Expected();
    absl::Status status = FindMissing(plan, baselines, &missing, cell);
    if (!status.ok()) return status;
    if (sim::Interrupted()) break;
    for (const ExpectedFinding& expected : missing) reasons.push_back(NotFound(expected, *cell));
  }
  for (std::string& reason : CheckOthers(*cell)) reasons.push_back(std::move(reason));
  SetVerdict(reasons, cell);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunFree(const CellPlan& plan, Baselines* baselines, CellResult* cell) {
  absl::Status status = plan.Expected().empty() ? RunClean(plan, baselines, cell)
                                                : RunForFindings(plan, baselines, cell);
  if (cell->met && !cell->kept_folder.empty()) {  // of an attempt before the one that found it all
    Remove(plan, cell->kept_folder);
    cell->kept_folder.clear();
  }
  return status;
}

}  // namespace heddle::harness
