// The campaign on one cell: Heddle schedules the threads of its host.
#ifndef HEDDLE_HARNESS_RUN_EXPLORE_RUN_H_
#define HEDDLE_HARNESS_RUN_EXPLORE_RUN_H_

#include "absl/status/status.h"
#include "harness/run/baseline.h"
#include "harness/run/cell_plan.h"
#include "reports/model/verdict.h"

namespace heddle::harness {

using reports::CellResult;

// Explores the cell, which is not the reference's, as its scenario says, and fills in `*cell`: its
// findings, its counts, the campaign's statistics, and whether they are as expected.
//
// A cell that is to be clean ends with the first finding (unless RunOptions::go_on); one that is to
// find something, when everything expected was found. Strategy `race` first lets the tsan build of
// the host search for the data races that the campaign then drives execution into.
//
// Unavailable when the environment lacks something, other errors when the scenario's files are
// invalid or an execution cannot be checked.
absl::Status RunExplored(const CellPlan& plan, Baselines* baselines, CellResult* cell);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_EXPLORE_RUN_H_
