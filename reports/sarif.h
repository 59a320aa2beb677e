// SARIF 2.1.0 (OASIS standard, errata 01): findings as code scanners report them, for GitHub's code
// scanning and editors.
#ifndef HEDDLE_REPORTS_SARIF_H_
#define HEDDLE_REPORTS_SARIF_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "reports/model/verdict.h"

namespace heddle::reports {

// One run. A rule for each kind of finding; a result for each distinct finding, at its place, with
// every stack as a code flow (outermost frame first) and each stack's place as a related location.
// An expected finding is a note, any other an error. `source_root`, a folder's path with
// a slash at its end: files below it are named relative to it (as SRCROOT), as scanning needs.
nlohmann::ordered_json RenderSarif(const std::vector<ScenarioResult>& results,
                                   const std::string& source_root);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_SARIF_H_
