// An observation: what somebody's chain made of a trace, event by event (outcomes) and tick by tick
// (snapshots). The lean specification's own code wrote such records as files
// (`*.expected.jsonl`, `*.expected.jsonl.zst`), hosts report the same in their results, and oracles
// compare the two. A file has one object a line, and is read as a stream with the same rules for
// errors as trace.h. This library knows no chain: roots are text.
#ifndef HEDDLE_SIM_TRACE_OBSERVATION_H_
#define HEDDLE_SIM_TRACE_OBSERVATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heddle::trace {

using RootText = std::string;  // "0x" and 64 lower-case hex digits

struct ObservedCheckpoint {
  RootText root;
  uint64_t slot = 0;
  bool operator==(const ObservedCheckpoint&) const = default;
};

// The snapshot of the fork-choice store; every list is in the order of the file, which is the
// canonical one (ascending by root).
struct ObservedSnapshot {
  struct Weight {
    RootText root;
    uint64_t weight = 0;
    bool operator==(const Weight&) const = default;
  };
  struct Signatures {
    RootText data_root;
    std::vector<uint64_t> validator_indices;
    bool operator==(const Signatures&) const = default;
  };
  struct Payloads {
    RootText data_root;
    std::vector<std::vector<uint64_t>> participant_sets;
    bool operator==(const Payloads&) const = default;
  };

  uint64_t time = 0;  // intervals since genesis
  RootText head_root;
  RootText safe_target_root;
  ObservedCheckpoint latest_justified;
  ObservedCheckpoint latest_finalized;
  std::vector<RootText> block_roots;
  std::vector<Weight> block_weights;
  std::vector<Signatures> attestation_signatures;
  std::vector<Payloads> new_aggregated_payloads;
  std::vector<Payloads> known_aggregated_payloads;
  bool operator==(const ObservedSnapshot&) const = default;
};

// A waiting block that an event let in.
struct ObservedRelease {
  RootText block;
  std::string outcome;
  bool operator==(const ObservedRelease&) const = default;
};

struct ObservedEvent {
  uint64_t index = 0;  // of the trace's event
  std::string
      outcome;  // "accepted", "pending", "rejected:UNKNOWN_PARENT_BLOCK", "rpc_error:2", ...
  RootText head;
  uint64_t justified_slot = 0;
  uint64_t finalized_slot = 0;
  std::vector<ObservedRelease> released;
};

struct ObservedTick {
  uint64_t interval = 0;
  ObservedSnapshot snapshot;
};

struct ObservedEnd {
  uint64_t interval = 0;
  uint64_t pending_blocks = 0;
  uint64_t pending_attestations = 0;
  uint64_t pending_aggregates = 0;
  ObservedSnapshot snapshot;
};

struct ObservedLine {
  uint64_t line = 0;  // in the file, counted from 1
  std::variant<ObservedEvent, ObservedTick, ObservedEnd> value;
};

class JsonLines;

class ObservationReader {
 public:
  static absl::StatusOr<std::unique_ptr<ObservationReader>> Open(const std::string& path);
  ~ObservationReader();

  ObservationReader(const ObservationReader&) = delete;
  ObservationReader& operator=(const ObservationReader&) = delete;

  // Overwrites `*line` and returns true; false after the `end` line, which must be the last one (a
  // file without it is an error: it was cut off). Indices and intervals must rise.
  absl::StatusOr<bool> Next(ObservedLine* line);

 private:
  explicit ObservationReader(std::unique_ptr<JsonLines> lines);
  absl::Status CheckOrder(const ObservedLine& line);

  std::unique_ptr<JsonLines> lines_;
  absl::Status error_;
  std::optional<uint64_t> last_index_;
  std::optional<uint64_t> last_interval_;
  bool ended_ = false;
};

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_OBSERVATION_H_
