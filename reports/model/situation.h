// Coverage goals: what runs of a scenario can reach.
#ifndef HEDDLE_REPORTS_MODEL_SITUATION_H_
#define HEDDLE_REPORTS_MODEL_SITUATION_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace heddle::reports {

enum class Situation {
  kBackPressure,  // a callback was answered with "full"
  kWaiting,       // a block or vote waited for a block
  kStopped,       // events were refused because the host had stopped
  kInterleaved,   // the clock ticked between two events of one run
};
inline constexpr std::array<absl::string_view, 4> kSituationNames = {"back_pressure", "waiting",
                                                                     "stopped", "interleaved"};

inline absl::string_view Name(Situation situation) {
  return kSituationNames[static_cast<size_t>(situation)];
}

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_SITUATION_H_
