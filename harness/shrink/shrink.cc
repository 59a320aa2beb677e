#include "harness/shrink/shrink.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/shrink/reduce.h"
#include "harness/shrink/shrink_result.h"
#include "harness/shrink/shrink_state.h"

namespace heddle::harness {

std::string ShrinkFolder(const std::string& schedule) {
  return absl::StrCat(absl::StripSuffix(schedule, ".schedule.json"), "-shrunk");
}

absl::StatusOr<ShrinkReport> ShrinkFinding(const ShrinkOptions& options) {
  absl::StatusOr<ShrinkState> state = OpenShrink(options);
  if (!state.ok()) return state.status();
  if (absl::Status status = ReduceFaults(&*state); !status.ok()) return status;
  if (state->subject != nullptr) {
    if (absl::Status status = ReduceEvents(&*state); !status.ok()) return status;
  }
  if (absl::Status status = ReduceSchedule(&*state); !status.ok()) return status;
  // Of few switches fewer hang on a fault.
  if (absl::Status status = ReduceFaults(&*state); !status.ok()) return status;
  if (absl::Status status = WriteShrunk(&*state); !status.ok()) return status;
  state->report.duration = std::chrono::steady_clock::now() - state->start;
  return std::move(state->report);
}

}  // namespace heddle::harness
