// Free runs of one cell: the operating system schedules the threads of its host, or the reference
// runs inside the harness.
#ifndef HEDDLE_HARNESS_RUN_FREE_RUN_H_
#define HEDDLE_HARNESS_RUN_FREE_RUN_H_

#include "absl/status/status.h"
#include "harness/run/baseline.h"
#include "harness/run/cell_plan.h"
#include "reports/model/verdict.h"

namespace heddle::harness {

using reports::CellResult;

// Runs the cell as often as its scenario says, and fills in `*cell`: its findings, its counts, and
// whether they are as expected.
//
// A cell that is to be clean ends early after several runs that are not, and runs some more times
// while a coverage goal is not reached. One that is to find something repeats each run until every
// expected finding was found, `within` attempts at most.
//
// Unavailable when the environment lacks something, other errors when the scenario's files are
// invalid.
absl::Status RunFree(const CellPlan& plan, Baselines* baselines, CellResult* cell);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_FREE_RUN_H_
