// The files that a shrink leaves.
#ifndef HEDDLE_HARNESS_SHRINK_SHRINK_RESULT_H_
#define HEDDLE_HARNESS_SHRINK_SHRINK_RESULT_H_

#include "absl/status/status.h"
#include "harness/shrink/shrink_state.h"

namespace heddle::harness {

// Writes what is left into ShrinkOptions::out: the schedule, for a scenario also the scenario and
// its trace, and the narrative. Fills in `state->report`. FailedPrecondition when the folder cannot
// be made; Internal when the schedule does not replay.
absl::Status WriteShrunk(ShrinkState* state);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SHRINK_RESULT_H_
