// Gossipsub's RPC message on the wire: protobuf, as libp2p's pubsub specification and the lean
// specification (node/networking/gossipsub/rpc) define it.
#ifndef HEDDLE_SRC_CHAIN_WIRE_GOSSIPSUB_RPC_H_
#define HEDDLE_SRC_CHAIN_WIRE_GOSSIPSUB_RPC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

struct RpcSubscription {
  bool subscribe = false;  // or unsubscribe
  std::string topic;
  bool operator==(const RpcSubscription&) const = default;
};

// A field that is empty is not written.
struct RpcMessage {
  Bytes from_peer;
  Bytes data;
  Bytes seqno;
  std::string topic;
  Bytes signature;
  Bytes key;
  bool operator==(const RpcMessage&) const = default;
};

struct RpcIHave {
  std::string topic;
  std::vector<Bytes> message_ids;
  bool operator==(const RpcIHave&) const = default;
};

struct RpcIWant {
  std::vector<Bytes> message_ids;
  bool operator==(const RpcIWant&) const = default;
};

struct RpcGraft {
  std::string topic;
  bool operator==(const RpcGraft&) const = default;
};

struct RpcPrune {
  std::string topic;
  uint64_t backoff = 0;  // seconds; 0 is not written
  bool operator==(const RpcPrune&) const = default;
};

struct RpcIDontWant {
  std::vector<Bytes> message_ids;
  bool operator==(const RpcIDontWant&) const = default;
};

struct RpcControl {
  std::vector<RpcIHave> ihave;
  std::vector<RpcIWant> iwant;
  std::vector<RpcGraft> graft;
  std::vector<RpcPrune> prune;
  std::vector<RpcIDontWant> idontwant;
  bool operator==(const RpcControl&) const = default;
};

struct GossipsubRpc {
  std::vector<RpcSubscription> subscriptions;
  std::vector<RpcMessage> publish;
  std::optional<RpcControl> control;  // not written when it is empty
  bool operator==(const GossipsubRpc&) const = default;
};

// The most entries (subscriptions, messages, control entries, message ids) that are decoded: an
// empty entry takes two bytes on the wire but about a hundred in memory.
inline constexpr size_t kMaxRpcEntries = 1 << 16;

Bytes EncodeGossipsubRpc(const GossipsubRpc& rpc);

// InvalidArgument for malformed protobuf and topics that are not UTF-8; ResourceExhausted beyond
// kMaxRpcEntries. Unknown fields are skipped; of a field that stands twice the last one counts.
// Stricter than the specification's decoder in one thing: a fixed-width field may not be cut off.
absl::StatusOr<GossipsubRpc> DecodeGossipsubRpc(ByteView data);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_GOSSIPSUB_RPC_H_
