// Whether what a cell saw is what its scenario expects, and if not, why.
//
// Each rule is a function that returns the reasons for which the cell is not as expected, one
// phrase each; none: the rule is met. A cell whose rules disagree with it in several ways says all
// of them.
#ifndef HEDDLE_HARNESS_RUN_CELL_VERDICT_H_
#define HEDDLE_HARNESS_RUN_CELL_VERDICT_H_

#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "reports/model/verdict.h"

namespace heddle::harness {

using reports::CellResult;
using reports::Finding;

using Reasons = std::vector<std::string>;

// Sets `met` and `reason` of `*cell`.
void SetVerdict(const Reasons& reasons, CellResult* cell);

// Whether one of `findings` is what is expected.
bool Found(const ExpectedFinding& expected, const std::vector<Finding>& findings);
bool AllFound(const std::vector<ExpectedFinding>& expected, const std::vector<Finding>& findings);

// Sets the status of each of `findings`, which a cell that expects `expected` has.
void SetStatus(const std::vector<ExpectedFinding>& expected, OtherFindings others,
               std::vector<Finding>* findings);
// Whether one of them is unexpected.
bool AnyUnexpected(const std::vector<Finding>& findings);

// Why an expected finding that was not found leaves `cell` unmet: "expected data-race in 'Apply':
// not found in 3 attempts".
std::string NotFound(const ExpectedFinding& expected, const CellResult& cell);

// A cell that is to be clean has no findings.
Reasons CheckClean(const CellResult& cell);

// A cell that expects findings has no unexpected ones: "2 unexpected findings (crash, hang)".
Reasons CheckOthers(const CellResult& cell);

// A cell that was explored has every expected finding and no unexpected ones; if none is expected,
// it is clean, every execution came to its end, and the data races that execution was driven into
// (strategy `race`) count as a failure of the search.
Reasons CheckExplored(const std::vector<ExpectedFinding>& expected, const CellResult& cell);

// The coverage goals of the scenario that no run of the cell has reached.
std::vector<Situation> Unreached(const Scenario& scenario, const CellResult& cell);

// The cell shows what the scenario is for: every coverage goal is reached and, where it is to be
// clean under faults of the environment, at least one was injected.
Reasons CheckReached(const Scenario& scenario, const CellResult& cell);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_CELL_VERDICT_H_
