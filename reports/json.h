// Verdicts for machines: what `heddle run --json` prints. The shape is stable; it is described by
// reports/run.schema.json, and grows only by new members. `version` goes up when that is not
// enough.
#ifndef HEDDLE_REPORTS_JSON_H_
#define HEDDLE_REPORTS_JSON_H_

#include <vector>

#include "nlohmann/json.hpp"
#include "reports/model/verdict.h"

namespace heddle::reports {

inline constexpr char kRunFormat[] = "heddle-run";
inline constexpr int kRunVersion = 1;
// What stands in place of a dispatcher where a program of the user's own was explored.
inline constexpr char kProgram[] = "program";

// Members stand in the order of the schema.
nlohmann::ordered_json RenderJson(const std::vector<harness::ScenarioResult>& results);

nlohmann::ordered_json RenderJson(const harness::Finding& finding);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_JSON_H_
