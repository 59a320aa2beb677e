// The oracles on what hosts report: for a free run through a watcher, for the executions of a
// campaign history by history.
#ifndef HEDDLE_HARNESS_RUN_HISTORY_CHECK_H_
#define HEDDLE_HARNESS_RUN_HISTORY_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/host/result_reader.h"
#include "harness/run/baseline.h"
#include "harness/run/cell_plan.h"
#include "harness/run/history_verdicts.h"
#include "harness/run/run_watcher.h"
#include "reports/model/finding.h"
#include "sim/explore/explore.h"

namespace heddle::harness {

using reports::CellResult;
using reports::Finding;

// A watcher with the oracles that the scenario asks line by line, for a run that was given
// `request`. An error when the trace makes no genesis or the expectation cannot be read.
absl::StatusOr<RunWatcher> MakeWatcher(const CellPlan& plan, const host::Request& request);

// Checks the executions of a campaign on one cell. Each distinct history is checked once.
//
// Thread rule: any thread, for one job at a time each. Threads share what was said of histories,
// not the work of checking them.
class HistoryChecker {
 public:
  // `results` is where each job's host reports. What distinct histories show is added to `*cell`
  // under the checker's lock; nobody else touches its counts and situations meanwhile. All four
  // outlive the checker.
  HistoryChecker(const CellPlan& plan, const std::vector<std::string>& results,
                 Baselines* baselines, CellResult* cell);

  // Takes the result of the execution that `job` has just completed. The call of what it returns
  // says what the oracles have against it. Internal when the result is not whole; otherwise errors
  // of MakeWatcher() and Baselines::Compare().
  sim::ExploreOptions::Check Take(uint32_t job);

  // What `found`, of this campaign, proves: of an oracle, or of the runtime or a sanitizer.
  std::vector<Finding> FindingsIn(const sim::DistinctFinding& found) const;

  // Distinct histories.
  size_t histories() const;

 private:
  absl::StatusOr<std::vector<sim::Violation>> Check(uint32_t job, const std::string& history);
  // The findings in the file `result` of `job`, which `watcher` is shown.
  absl::StatusOr<std::vector<Finding>> CheckResult(uint32_t job, const std::string& result,
                                                   RunWatcher* watcher);

  const CellPlan& plan_;
  const std::vector<std::string>& results_;
  Baselines* const baselines_;
  std::vector<KnownLines> lines_;  // of each job

  mutable std::mutex mutex_;  // everything below
  HistoryVerdicts verdicts_;
  std::map<std::string, Finding> findings_;  // by dedup key
  CellResult* const cell_;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_HISTORY_CHECK_H_
