// Merges the results of several jobs.
#ifndef HEDDLE_HARNESS_STORE_MERGE_H_
#define HEDDLE_HARNESS_STORE_MERGE_H_

#include <vector>

#include "reports/model/verdict.h"

namespace heddle::store {

// One result for each scenario or program (by path), in the order of first appearance, and in it
// one cell for each dispatcher and flavour. Numbers are added up; of a finding that came in
// several, the one that came in the earliest schedule is kept, with the counts of all. The numbers
// of distinct schedules, interleavings and histories are sums too, of what each job saw: an upper
// bound.
//
// A cell that should be clean is met when all its jobs were. One that expects findings is met when
// one job was, or when each of `expect` of the scenario came in some job: jobs that share a
// campaign find different things.
std::vector<reports::ScenarioResult> MergeResults(std::vector<reports::ScenarioResult> results);

}  // namespace heddle::store

#endif  // HEDDLE_HARNESS_STORE_MERGE_H_
