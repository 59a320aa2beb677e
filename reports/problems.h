// Findings as lines that editors and CI systems match, as compilers write them:
//
//   FILE:LINE:COLUMN: error: what was found [how to see it again]
//   FILE:LINE: note: what another thread did there
#ifndef HEDDLE_REPORTS_PROBLEMS_H_
#define HEDDLE_REPORTS_PROBLEMS_H_

#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

// An error for each unexpected finding, a warning for each that is allowed; those that a scenario
// expects are no problems. Files below `source_root` (which ends with a slash) are relative to it.
// A finding without a place in the code is at line 1 of its scenario, or else of its schedule file.
std::string RenderProblems(const std::vector<ScenarioResult>& results,
                           const std::string& source_root);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_PROBLEMS_H_
