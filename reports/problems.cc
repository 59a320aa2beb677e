#include "reports/problems.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "reports/model/cause.h"
#include "reports/summary.h"
#include "sim/text/printable.h"

namespace heddle::reports {
namespace {

// The innermost own frame with a line; null when there is none.
const Frame* OwnLineIn(const std::vector<Frame>& frames) {
  const auto own = std::find_if(frames.begin(), frames.end(), [](const Frame& frame) {
    return frame.own && frame.line > 0 && !frame.file.empty();
  });
  return own == frames.end() ? nullptr : &*own;
}

// "FILE:LINE:COLUMN"
std::string PlaceOfFrame(const Frame& frame, absl::string_view source_root) {
  const absl::string_view file = absl::StripPrefix(frame.file, source_root);
  return absl::StrCat(file, ":", frame.line,
                      frame.column > 0 ? absl::StrCat(":", frame.column) : "");
}

std::string Line(absl::string_view place, absl::string_view severity, absl::string_view text) {
  return absl::StrCat(
      sim::Printable(absl::StrCat(place, ": ", severity, ": ", text.substr(0, text.find('\n')))),
      "\n");
}

std::string ProblemOf(const ScenarioResult& scenario, const CellResult& cell,
                      const Finding& finding, const std::string& source_root) {
  const Cause cause = CauseOf(finding);
  // The last event with a place is where it shows; the others are how it came to that.
  const CauseEvent* main = nullptr;
  for (const CauseEvent& event : cause.events) {
    if (OwnLineIn(event.frames) != nullptr) main = &event;
  }
  const Frame* frame = main != nullptr ? OwnLineIn(main->frames) : PlaceOf(finding);
  std::string place;
  if (frame != nullptr && frame->line > 0 && !frame->file.empty()) {
    place = PlaceOfFrame(*frame, source_root);
  } else {
    const bool schedule = scenario.is_program && !finding.schedule.empty();
    place = absl::StrCat(schedule ? finding.schedule : scenario.path, ":1");
  }
  const std::string headline = cause.headline.empty() ? Title(finding) : cause.headline;
  std::string out = Line(place, finding.status == FindingStatus::kAllowed ? "warning" : "error",
                         absl::StrCat(headline, " [", AgainCommand(scenario, cell, finding), "]"));
  for (const CauseEvent& event : cause.events) {
    const Frame* at = OwnLineIn(event.frames);
    if (&event == main || at == nullptr) continue;
    absl::StrAppend(&out, Line(PlaceOfFrame(*at, source_root), "note",
                               absl::StrCat(event.who, event.who.empty() ? "" : " ", event.what)));
  }
  return out;
}

}  // namespace

std::string RenderProblems(const std::vector<ScenarioResult>& results,
                           const std::string& source_root) {
  std::string out;
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        if (finding.status == FindingStatus::kExpected) continue;
        absl::StrAppend(&out, ProblemOf(scenario, cell, finding, source_root));
      }
    }
  }
  return out;
}

}  // namespace heddle::reports
