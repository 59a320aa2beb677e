// A synthetic lean network, and what a node without validators hears of it: a trace.
//
// The chain is real: blocks are built, imported and voted for by the chain's own code (src/chain),
// proposers and aggregators do their duties at the specification's intervals, finality advances
// where two thirds agree. Signatures and proofs are of form, not of substance, as in the recorded
// traces (placeholders). What the options ask for then goes wrong with it.
//
// One seed, one trace: the same bytes on every machine (as *.jsonl; compressed ones depend on the
// version of zstd). It streams: what is kept is a few slots of messages and the chain since the
// finalized block, however long the trace.
#ifndef HEDDLE_SIM_TRAFFIC_GENERATE_H_
#define HEDDLE_SIM_TRAFFIC_GENERATE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/trace/trace.h"
#include "sim/traffic/event_queue.h"

namespace heddle::traffic {

// Rates are probabilities, 0 to 1.
struct TrafficOptions {
  static constexpr uint64_t kMaxSlots = 250'000;  // below the chain's own limit of history
  static constexpr uint32_t kMaxPeers = 256;

  uint64_t seed = 1;
  uint64_t validators = 8;  // 1 to trace::kMaxValidators
  uint64_t slots = 32;      // 1 to kMaxSlots
  uint32_t peers = 4;       // neighbours of the observer, 1 to kMaxPeers

  double missed = 0;        // of proposals that are not made
  double late = 0;          // of blocks that everybody gets 0.9 to 7 s late
  double forks = 0;         // of blocks that are built on the head's parent
  double equivocation = 0;  // of slots with a second block, and a second vote of one validator
  double duplicates = 0;    // of neighbours that forward a message too
  double reorder = 0;       // of messages that the observer gets up to 2 s later
  double corrupt = 0;       // of messages of which a damaged copy comes too
  double churn = 0;         // of neighbours that go in a slot (half of those gone come back)
  bool partition =
      false;             // from a quarter to half of the slots, half of the validators are cut off
  bool reqresp = false;  // status, blocks by root and by range, answered well, badly, or never
};

// Of the trace that these options make. InvalidArgument names the option that is out of range.
absl::StatusOr<trace::Header> HeaderOf(const TrafficOptions& options);

struct TrafficSummary {
  uint64_t events = 0;
  uint64_t blocks = 0;                                             // made
  uint64_t head_slot = 0, justified_slot = 0, finalized_slot = 0;  // as the network has them
};

// Gives the events to `sink`, in order. InvalidArgument as above; what the sink says ends it.
absl::StatusOr<TrafficSummary> Generate(const TrafficOptions& options, const EventSink& sink);

// The same into the file `path`.
absl::StatusOr<TrafficSummary> GenerateTrace(const TrafficOptions& options,
                                             const std::string& path);

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_GENERATE_H_
