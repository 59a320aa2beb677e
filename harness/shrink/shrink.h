// heddle shrink: from a schedule file to the smallest scenario, trace and schedule that lead to the
// same finding.
#ifndef HEDDLE_HARNESS_SHRINK_SHRINK_H_
#define HEDDLE_HARNESS_SHRINK_SHRINK_H_

#include "absl/status/statusor.h"
#include "harness/shrink/shrink_options.h"

namespace heddle::harness {

// FailedPrecondition when the schedule does not lead to its finding any more, or the environment
// cannot run it; NotFound and InvalidArgument for files that are no good.
absl::StatusOr<ShrinkReport> ShrinkFinding(const ShrinkOptions& options);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SHRINK_H_
