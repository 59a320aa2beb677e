// The report as one HTML file: it holds everything it shows, loads nothing, and works from disk.
// The page is reports/html/; here the data is put into it.
#ifndef HEDDLE_REPORTS_HTML_H_
#define HEDDLE_REPORTS_HTML_H_

#include <map>
#include <string>
#include <vector>

#include "reports/model/verdict.h"
#include "reports/timeline.h"

namespace heddle::reports {

// All timelines of one page together: about 18 bytes a step, so the page stays below 20 MB.
inline constexpr uint64_t kMaxPageSteps = 700'000;

// `timelines` by the path of the schedule file that a finding names. Source files that findings and
// steps name are read where they are there, a few lines around each place.
std::string RenderHtml(const std::vector<harness::ScenarioResult>& results,
                       const std::map<std::string, Timeline>& timelines);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_HTML_H_
