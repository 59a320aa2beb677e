#include "harness/run/baseline.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

// An empty folder for the baseline's files. One that cannot be made shows when a file is written
// there.
fs::path MakeFolder(const CellPlan& plan) {
  fs::path folder = fs::path(plan.folder) / absl::StrCat("base-", Name(plan.flavour));
  std::error_code ignored;
  fs::remove_all(folder, ignored);  // an earlier run's, with --keep
  fs::create_directories(folder, ignored);
  return folder;
}

// Runs `first` once and returns the path of its result.
absl::StatusOr<std::string> RunFirst(const CellPlan& plan, Dispatcher first,
                                     const fs::path& folder) {
  const HostJob job{plan.host, folder, MakeRequest(plan.scenario, first, 1),
                    plan.scenario.time_limit};
  if (plan.flavour != Flavour::kNative) return RunHostInDefaultSchedule(job);
  const absl::StatusOr<HostRun> run = RunHost(job);
  if (!run.ok()) return run.status();
  if (run->outcome.end != sim::ProcessOutcome::End::kExited || run->outcome.code != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        plan.scenario.path, ": ", Name(first), ", the base of the comparison, does not complete"));
  }
  return run->result_path;
}

absl::StatusOr<NamedResult> MakeBaseline(const CellPlan& plan, const std::string& result) {
  const Dispatcher first = plan.scenario.HostDispatchers().front();
  const fs::path folder = MakeFolder(plan);
  if (plan.dispatcher != first) {
    absl::StatusOr<std::string> path = RunFirst(plan, first, folder);
    if (!path.ok()) return path.status();
    return NamedResult{first, *std::move(path)};
  }
  const fs::path copy = folder / "result.jsonl";
  std::error_code error;
  fs::copy_file(result, copy, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot write ", copy.string()));
  return NamedResult{first, copy};
}

}  // namespace

absl::StatusOr<std::optional<Finding>> Baselines::Compare(const CellPlan& plan,
                                                          const std::string& result) {
  const absl::StatusOr<NamedResult> baseline = Of(plan, result);
  if (!baseline.ok()) return baseline.status();
  return CheckEquivalence(plan.trace, plan.scenario.mode, *baseline, {plan.dispatcher, result});
}

absl::StatusOr<NamedResult> Baselines::Of(const CellPlan& plan, const std::string& result) {
  const std::lock_guard lock(mutex_);
  const auto known = results_.find(plan.flavour);
  if (known != results_.end()) return known->second;
  absl::StatusOr<NamedResult> made = MakeBaseline(plan, result);
  if (made.ok()) results_.emplace(plan.flavour, *made);
  return made;
}

}  // namespace heddle::harness
