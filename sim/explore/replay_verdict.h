// Whether a replay did what its recording did, and ended the same way.
#ifndef HEDDLE_SIM_EXPLORE_REPLAY_VERDICT_H_
#define HEDDLE_SIM_EXPLORE_REPLAY_VERDICT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

enum class ReplayEnd {
  kAsRecorded,
  // The same operations as far as both go, but not the recorded finding: none, or another. Only in
  // another flavour, which may see more and end earlier. Or other operations behind the report of a
  // sanitizer, where the recording shows damaged memory: what the program does then is undefined.
  kOtherEnd,
  // Other operations; in the flavour of the recording also another number of them, or another kind
  // of finding.
  kDiverged,
};

struct ReplayVerdict {
  ReplayEnd end = ReplayEnd::kAsRecorded;
  std::string difference;  // one line for people; empty: kAsRecorded
};

// Compares the replay that ended with `outcome`, whose finding has `dedup_key` ("" without one),
// with its recording. A violation that an oracle found is not looked for: it follows from the
// operations.
ReplayVerdict CompareWithRecording(const Schedule& schedule, const Outcome& outcome,
                                   absl::string_view dedup_key, bool same_flavour);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_REPLAY_VERDICT_H_
