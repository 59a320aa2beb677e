// Verdicts for machines: what `heddle run --json` prints. The format is stable:
// reports/run.schema.json describes it, and only new members are added. Any other change increments
// `version`.
#ifndef HEDDLE_REPORTS_JSON_H_
#define HEDDLE_REPORTS_JSON_H_

#include <vector>

#include "nlohmann/json.hpp"
#include "reports/model/verdict.h"

namespace heddle::reports {

inline constexpr char kRunFormat[] = "heddle-run";
inline constexpr int kRunVersion = 1;
// The name in place of a dispatcher for a campaign on a program of the user.
inline constexpr char kProgram[] = "program";

// Members are in the order of the schema.
nlohmann::ordered_json RenderJson(const std::vector<ScenarioResult>& results);

nlohmann::ordered_json RenderJson(const Finding& finding);
nlohmann::ordered_json RenderFrame(const Frame& frame);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_JSON_H_
