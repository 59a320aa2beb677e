// JUnit XML, the dialect that CI systems read (Jenkins' xunit, GitLab, GitHub actions): a test
// suite for each scenario, a test case for each dispatcher and flavour.
#ifndef HEDDLE_REPORTS_JUNIT_H_
#define HEDDLE_REPORTS_JUNIT_H_

#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

// A case that is not as expected is a failure, with its findings and the command. A case that
// cannot run or was interrupted is skipped, with the reason. Characters that XML cannot carry
// become U+FFFD.
std::string RenderJUnit(const std::vector<ScenarioResult>& results);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_JUNIT_H_
