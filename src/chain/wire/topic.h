// Gossip topics: /leanconsensus/<network>/<name>/ssz_snappy
// (lean specification, node/networking/gossipsub/topic).
#ifndef HEDDLE_SRC_CHAIN_WIRE_TOPIC_H_
#define HEDDLE_SRC_CHAIN_WIRE_TOPIC_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::wire {

enum class TopicKind {
  kBlock,              // "block": signed blocks
  kAttestationSubnet,  // "attestation_<subnet>": one validator's signed votes
  kAggregation,        // "aggregation": signed aggregated votes
};

struct Topic {
  TopicKind kind = TopicKind::kBlock;
  std::string network;  // the fork digest, for example "12345678"; compared as text
  uint64_t subnet = 0;  // kAttestationSubnet only

  bool operator==(const Topic&) const = default;
};

std::string FormatTopic(const Topic& topic);

// Accepts exactly what FormatTopic() writes (subscriptions are compared as strings, so any other
// spelling names another topic). InvalidArgument says which component is wrong.
absl::StatusOr<Topic> ParseTopic(absl::string_view text);

// FailedPrecondition unless the topic belongs to `network`.
absl::Status CheckNetwork(const Topic& topic, absl::string_view network);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_TOPIC_H_
