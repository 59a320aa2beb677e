// The page of reports/html/, assembled at build time (html/embed.cmake).
#ifndef HEDDLE_REPORTS_HTML_ASSETS_H_
#define HEDDLE_REPORTS_HTML_ASSETS_H_

#include <string>

namespace heddle::reports {

// Marks the place of the data in the page.
inline constexpr char kDataMark[] = "@@data@@";

// The page with its style and its scripts.
std::string PageTemplate();

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_HTML_ASSETS_H_
