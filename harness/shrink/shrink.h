// heddle shrink: from a schedule file to the smallest scenario, trace and schedule that lead to the
// same finding.
#ifndef HEDDLE_HARNESS_SHRINK_SHRINK_H_
#define HEDDLE_HARNESS_SHRINK_SHRINK_H_

#include <string>

#include "absl/status/statusor.h"
#include "harness/shrink/shrink_options.h"

namespace heddle::harness {

// The file of a shrunk schedule, in the folder of a shrink's result.
inline constexpr char kShrunkSchedule[] = "finding.schedule.json";

// Where the result of shrinking `schedule` (a file) goes by default.
std::string ShrinkFolder(const std::string& schedule);

// FailedPrecondition when the schedule does not lead to its finding any more, or the environment
// cannot run it; NotFound and InvalidArgument for files that are no good.
absl::StatusOr<ShrinkReport> ShrinkFinding(const ShrinkOptions& options);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SHRINK_H_
