#include "harness/run/history_check.h"

#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/oracles/expectation.h"
#include "harness/oracles/run_oracles.h"
#include "harness/run/scenario_schedule.h"
#include "sim/process/environment.h"

namespace heddle::harness {

absl::StatusOr<RunWatcher> MakeWatcher(const CellPlan& plan, const host::Request& request) {
  absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> oracles =
      MakeRunOracles(plan.scenario, plan.dispatcher, plan.trace, plan.AsDelivered(request));
  if (!oracles.ok()) return oracles.status();
  if (plan.scenario.Compares(Oracle::kExpectation)) {
    absl::StatusOr<std::unique_ptr<ExpectationOracle>> expectation =
        ExpectationOracle::Create(plan.trace, *plan.scenario.expectation);
    if (!expectation.ok()) return expectation.status();
    oracles->push_back(*std::move(expectation));
  }
  return RunWatcher(*std::move(oracles));
}

HistoryChecker::HistoryChecker(const CellPlan& plan, const std::vector<std::string>& results,
                               Baselines* baselines, CellResult* cell)
    : plan_(plan), results_(results), baselines_(baselines), lines_(results.size()), cell_(cell) {}

sim::ExploreOptions::Check HistoryChecker::Take(uint32_t job) {
  std::ifstream stream(results_[job], std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  std::string history = std::move(text).str();
  const std::lock_guard lock(mutex_);
  if (const auto* known = verdicts_.Find(history)) return [verdict = *known] { return verdict; };
  return [this, job, history = std::move(history)] { return Check(job, history); };
}

absl::StatusOr<std::vector<sim::Violation>> HistoryChecker::Check(uint32_t job,
                                                                  const std::string& history) {
  absl::StatusOr<RunWatcher> watcher =
      MakeWatcher(plan_, ExploredRequest(plan_.scenario, plan_.dispatcher));
  if (!watcher.ok()) return watcher.status();
  // The host reports its next execution in the file that this came from.
  const std::string result = absl::StrCat(results_[job], ".taken");
  std::ofstream stream(result, std::ios::binary);
  stream << history;
  stream.close();
  if (!stream) return sim::EnvironmentError(errno, absl::StrCat("cannot write ", result));
  absl::StatusOr<std::vector<Finding>> findings = CheckResult(job, result, &*watcher);
  if (!findings.ok()) return findings.status();
  std::vector<sim::Violation> violations;
  for (const Finding& finding : *findings) {
    violations.push_back({finding.message, finding.dedup_key});
  }
  const std::lock_guard lock(mutex_);
  // Another job may have checked the same history meanwhile: it counts once.
  if (verdicts_.Add(history, violations)) watcher->AddTo(cell_);
  for (Finding& finding : *findings) findings_.try_emplace(finding.dedup_key, std::move(finding));
  return violations;
}

absl::StatusOr<std::vector<Finding>> HistoryChecker::CheckResult(uint32_t job,
                                                                 const std::string& result,
                                                                 RunWatcher* watcher) {
  if (const absl::Status read = watcher->ReadResult(result, &lines_[job]); !read.ok()) {
    return absl::InternalError(absl::StrCat("the execution completed, but: ", read.message()));
  }
  std::vector<Finding> findings = watcher->TakeViolations();
  if (!plan_.scenario.Compares(Oracle::kEquivalence)) return findings;
  absl::StatusOr<std::optional<Finding>> difference = baselines_->Compare(plan_, result);
  if (!difference.ok()) return difference.status();
  if (difference->has_value()) findings.push_back(**std::move(difference));
  return findings;
}

std::vector<Finding> HistoryChecker::FindingsIn(const sim::DistinctFinding& found) const {
  {
    const std::lock_guard lock(mutex_);
    const auto own = findings_.find(found.dedup_key);
    if (own != findings_.end()) return {own->second};
  }
  return FindingsOf(found);
}

size_t HistoryChecker::histories() const {
  const std::lock_guard lock(mutex_);
  return verdicts_.size();
}

}  // namespace heddle::harness
