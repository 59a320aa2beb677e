// JUnit XML, the dialect that CI systems read (Jenkins' xunit, GitLab, GitHub actions): a test
// suite for each scenario, a test case for each dispatcher and flavour.
#ifndef HEDDLE_REPORTS_JUNIT_H_
#define HEDDLE_REPORTS_JUNIT_H_

#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

// Not met: a failure, with the findings and the command. What the environment could not do, and
// what was cut off, is skipped, with the reason. Characters that XML cannot carry become U+FFFD.
std::string RenderJUnit(const std::vector<harness::ScenarioResult>& results);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_JUNIT_H_
