// The report as one HTML file, which loads nothing and works from disk. reports/html/ holds the
// page; this adds the data.
#ifndef HEDDLE_REPORTS_HTML_H_
#define HEDDLE_REPORTS_HTML_H_

#include <map>
#include <string>
#include <vector>

#include "reports/model/verdict.h"
#include "reports/timeline.h"

namespace heddle::reports {

// Limit for all timelines of one page: about 18 bytes a step, so the page stays below 20 MB.
inline constexpr uint64_t kMaxPageSteps = 700'000;

// `timelines` is keyed by the path of the schedule file. Reads a few lines around each place of the
// findings and steps from the source files, as far as these exist.
std::string RenderHtml(const std::vector<ScenarioResult>& results,
                       const std::map<std::string, Timeline>& timelines);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_HTML_H_
