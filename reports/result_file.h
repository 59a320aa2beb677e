// Result files (`result.json`): the output of a run or a campaign, for reports. The format is
// that of json.h. Reading loses nothing that was written.
#ifndef HEDDLE_REPORTS_RESULT_FILE_H_
#define HEDDLE_REPORTS_RESULT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "reports/model/verdict.h"

namespace heddle::reports {

inline constexpr char kResultFile[] = "result.json";
inline constexpr char kScheduleEnding[] = ".schedule.json";
inline constexpr size_t kMaxResultBytes = size_t{256} << 20;

// Writes `text` to a temporary file and renames it to `path`, so there is never half a file.
// Unavailable when that fails.
absl::Status WriteWhole(const std::string& path, absl::string_view text);

// Writes result.json into `folder`. Creates the folder if it is missing.
absl::Status WriteResults(const std::string& folder, const std::vector<ScenarioResult>& results);

// `name` is used in messages. InvalidArgument "NAME: PLACE: what was expected".
absl::StatusOr<std::vector<ScenarioResult>> ParseResults(absl::string_view text,
                                                         absl::string_view name);

// The same for a single finding, as RenderJson(Finding) wrote it.
absl::StatusOr<Finding> ParseFinding(absl::string_view text, absl::string_view name);

// The file beside the result file `results` that has the name of the schedule file `schedule`,
// wherever that was when the result was written; "" if there is no such file, or if it is no
// schedule's name or a link. What a result names is looked for nowhere else.
std::string ScheduleBeside(const std::string& results, const std::string& schedule);

// `path` is a result file, or a folder with one; schedule files are those beside it
// (ScheduleBeside). NotFound or InvalidArgument.
absl::StatusOr<std::vector<ScenarioResult>> ReadResults(const std::string& path);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_RESULT_FILE_H_
