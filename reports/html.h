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

// What a page is made for.
struct PageOptions {
  std::string page;                           // its file; "" or "-": not known
  std::map<std::string, std::string> shrunk;  // from a finding's schedule file to the shrunk one
};

// `timelines` is keyed by the path of the schedule file, those of shrunk ones included. Reads a few
// lines around each place of the findings and steps from the source files, as far as these exist.
std::string RenderHtml(const std::vector<ScenarioResult>& results,
                       const std::map<std::string, Timeline>& timelines,
                       const PageOptions& options = {});

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_HTML_H_
