// Merges the results of several jobs, and of several campaigns that share a folder.
#ifndef HEDDLE_HARNESS_STORE_MERGE_H_
#define HEDDLE_HARNESS_STORE_MERGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "reports/model/verdict.h"

namespace heddle::store {

// One result for each scenario or program and way to run it (by path and `again`), in the order of
// first appearance, and in it
// one cell for each dispatcher and flavour. Numbers are added up; of a finding that came in
// several, the one that came in the earliest schedule is kept, with the counts of all. The numbers
// of distinct schedules, interleavings and histories are sums too, of what each job saw: an upper
// bound.
//
// A cell that should be clean is met when all its jobs were. One that expects findings is met when
// one job was, or when each of `expect` of the scenario came in some job: jobs that share a
// campaign find different things.
std::vector<reports::ScenarioResult> MergeResults(std::vector<reports::ScenarioResult> results);

// What AddResults() found in a folder.
struct EarlierResults {
  size_t others = 0;      // results of other campaigns that stay in the file
  std::string set_aside;  // where a result file went that cannot be read; "": there was none
};

// Adds `results` to the result file of `folder`, behind those of earlier campaigns; the folder is
// made when it is missing. A campaign that runs again takes the place of what it came to earlier,
// cell by cell, where it has found the same again; otherwise both are merged, so no finding is
// ever lost. Processes may add at the same time; one waits for the other. Unavailable when the file
// cannot be written.
absl::StatusOr<EarlierResults> AddResults(const std::string& folder,
                                          const std::vector<reports::ScenarioResult>& results);

}  // namespace heddle::store

#endif  // HEDDLE_HARNESS_STORE_MERGE_H_
