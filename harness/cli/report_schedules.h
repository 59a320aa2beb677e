// For heddle report: schedule files that are given instead of results, replays of all schedules,
// and shrinking of those that are not shrunk yet.
#ifndef HEDDLE_HARNESS_CLI_REPORT_SCHEDULES_H_
#define HEDDLE_HARNESS_CLI_REPORT_SCHEDULES_H_

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/scheduled_program.h"
#include "reports/model/verdict.h"
#include "reports/timeline.h"

namespace heddle::cli {

struct ReplayedSchedules {
  std::map<std::string, reports::Timeline> timelines;  // by schedule file, shrunk ones included
  std::map<std::string, std::string> shrunk;  // from a finding's schedule file to the shrunk one
  sim::ReplayEnd worst = sim::ReplayEnd::kAsRecorded;  // of the findings' own schedules
};

// The schedule file that `path` names: itself, or that in a folder of heddle shrink. "" when it is
// a result or the folder of one.
std::string ScheduleFileOf(const std::string& path);

// Takes `schedules`, files that were given by themselves, to the findings that they belong to: a
// shrunk schedule has the dedup key of the finding that it was shrunk from. The others become
// results of their own. Errors are those of reading a schedule file.
absl::StatusOr<std::map<std::string, std::string>> AttachSchedules(
    const std::vector<std::string>& schedules, const Subject& subject,
    std::vector<reports::ScenarioResult>* results);

// Replays every schedule that a finding names, and its shrunk one: of `shrunk`, or where heddle
// shrink puts it. One that cannot be replayed says why in its place. Shrinks what is not shrunk,
// the first ones first, until `shrink_time` is spent.
ReplayedSchedules ReplaySchedules(const std::vector<reports::ScenarioResult>& results,
                                  std::map<std::string, std::string> shrunk, const Subject& subject,
                                  std::chrono::nanoseconds shrink_time, bool quiet);

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_REPORT_SCHEDULES_H_
