// How a host is given its trace: for scenarios and for the requests made of them.
#ifndef HEDDLE_HARNESS_SCENARIO_DELIVERY_MODE_H_
#define HEDDLE_HARNESS_SCENARIO_DELIVERY_MODE_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace heddle::harness {

// How time runs.
enum class Mode {
  // An event is delivered when the node is quiet, so there is one correct result. Ticks due at or
  // before the event's time come first; after the last event the clock runs on to interval 4 of the
  // following slot. This is how the expectations were computed.
  kLockstep,
  // An event is delivered at its recorded time, divided by the speed, while a real timer ticks. The
  // genesis is put where the first event comes shortly after the start.
  kRecorded,
  // Every tick up to the last event's time runs first, then the producers deliver at full speed
  // while a timer ticks. When they are done: flush, and on to interval 4 of the following slot.
  kBurst,
};
inline constexpr std::array<absl::string_view, 3> kModeNames = {"lockstep", "recorded", "burst"};

// How several network instances share a trace.
enum class Split {
  kRoundRobin,  // each event that is delivered goes to one instance; the messages of one request
                // stay together
  kCopy,        // each instance gets all of it
};
inline constexpr std::array<absl::string_view, 2> kSplitNames = {"round_robin", "copy"};

// What delivers.
enum class Producer {
  kSimulated,  // a thread in C++ that behaves like a Tokio runtime
  kRust,       // a thread with a Tokio runtime; its hosts are programs of their own
};
inline constexpr std::array<absl::string_view, 2> kProducerNames = {"simulated", "rust"};

inline absl::string_view Name(Mode mode) { return kModeNames[static_cast<size_t>(mode)]; }
inline absl::string_view Name(Producer producer) {
  return kProducerNames[static_cast<size_t>(producer)];
}
inline absl::string_view Name(Split split) { return kSplitNames[static_cast<size_t>(split)]; }

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SCENARIO_DELIVERY_MODE_H_
