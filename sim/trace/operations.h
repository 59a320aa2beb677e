// What the command line does with a trace, as functions: summarise, slice, complete, print;
// verify.h has the other. All of them stream; none holds the file in memory. (Slice and Complete
// keep the set of message ids seen, about 64 bytes for each distinct message.)
#ifndef HEDDLE_SIM_TRACE_OPERATIONS_H_
#define HEDDLE_SIM_TRACE_OPERATIONS_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/trace/message_ids.h"
#include "sim/trace/trace.h"

namespace heddle::trace {

// The part of a trace with from <= key < to, where the key is the event's index, its time in
// nanoseconds since genesis, or its slot. The default is the whole trace.
struct Window {
  enum class By { kIndex, kTime, kSlot };
  By by = By::kIndex;
  int64_t from = std::numeric_limits<int64_t>::min();
  int64_t to = std::numeric_limits<int64_t>::max();

  bool Contains(const Event& event) const;
  // No later event can be in the window (the keys never go down).
  bool IsPast(const Event& event) const;
  bool IsUnbounded() const;
};

struct Summary {
  Header header;
  uint64_t file_bytes = 0;          // on disk
  uint64_t uncompressed_bytes = 0;  // of JSON Lines

  uint64_t events = 0;
  uint64_t duplicates = 0;       // gossip events flagged as duplicate
  uint64_t payload_bytes = 0;    // decoded `data`, duplicates included
  uint64_t largest_payload = 0;  // bytes
  int64_t first_time_ns = 0;
  int64_t last_time_ns = 0;
  // Sorted by name. A file that is no honest trace could name ever new ones: what comes after the
  // first kMaxNames names of a map is counted under kOtherNames.
  static constexpr size_t kMaxNames = 10'000;
  static constexpr absl::string_view kOtherNames = "(others)";
  struct Count {
    uint64_t events = 0;
    uint64_t duplicates = 0;
    uint64_t bytes = 0;
  };
  std::map<std::string, Count> by_kind;
  std::map<std::string, Count> by_topic;
  std::map<std::string, Count> by_peer;
  std::map<std::string, Count> by_protocol;
};

absl::StatusOr<Summary> Summarise(const std::string& path);

// Writes the events of `window` as a trace of its own at `to_path`; returns their number. Duplicate
// flags are recomputed (a message whose first copy was left out is a first copy now), and
// `observer_final` is dropped unless the window is unbounded: it is true of the whole trace only.
absl::StatusOr<uint64_t> Slice(const std::string& from_path, const std::string& to_path,
                               const Window& window);

// Writes a recording as a trace: gossip gets the message id that its payload has, and `duplicate`
// when the id came before. Returns the number of events.
absl::StatusOr<uint64_t> Complete(const std::string& from_path, const std::string& to_path,
                                  const MessageIdFunction& message_id);

// Calls `visit` for each event, until it returns false.
absl::Status ForEach(TraceReader* reader, const std::function<bool(const Event&)>& visit);

// Lower-case hexadecimal digits.
std::string Hex(absl::Span<const uint8_t> bytes);

// One event as a line for people, without a newline.
std::string Describe(const Event& event);

// Calls `line` for each event of `window` with Describe()'s text.
absl::Status Cat(const std::string& path, const Window& window,
                 const std::function<void(absl::string_view)>& line);

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_OPERATIONS_H_
