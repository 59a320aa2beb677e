// What crosses from the network into the node: one struct for every kind of event.
#ifndef HEDDLE_SRC_NODE_EVENT_H_
#define HEDDLE_SRC_NODE_EVENT_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace heddle::node {

enum class EventKind : uint32_t {
  kPeerConnected,
  kPeerDisconnected,
  kGossip,
  kRpcRequest,
  kRpcResponse,
  kRpcEnd,
  kRpcError,
};
inline constexpr uint32_t kEventKinds = 7;

// A view: the bytes belong to whoever made it, for as long as that says. Fields that a kind does
// not have are empty or 0.
struct Event {
  EventKind kind = EventKind::kGossip;
  uint32_t code = 0;         // peers: direction. rpc_error: code
  uint32_t reason = 0;       // peer_disconnected
  uint64_t number = 0;       // rpc_request: channel. Other rpc: request
  absl::string_view name{};  // gossip: topic. rpc: protocol
  absl::string_view peer{};  // empty for rpc_error
  // gossip: raw snappy. rpc_request: the request. rpc_response: a chunk. rpc_error: a message
  absl::Span<const uint8_t> payload{};
};

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_EVENT_H_
