// What the callbacks of the C ABI make of a trace's event, for those who apply it to a node without
// a host: a host's warm-up and the reference.
#ifndef HEDDLE_HARNESS_HOST_NODE_EVENT_H_
#define HEDDLE_HARNESS_HOST_NODE_EVENT_H_

#include "sim/trace/trace.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/event.h"

namespace heddle::host {

// A view of `event`, which must outlive it.
inline node::Event ToNodeEvent(const trace::Event& event) {
  node::Event result;
  result.peer = event.peer;
  result.payload = event.data;
  result.number = event.request;
  switch (event.kind) {
    case trace::Kind::kGossip:
      result.kind = node::EventKind::kGossip;
      result.name = event.topic;
      break;
    case trace::Kind::kPeerConnected:
      result.kind = node::EventKind::kPeerConnected;
      result.code = HEDDLE_UNKNOWN_DIRECTION;
      break;
    case trace::Kind::kPeerDisconnected:
      result.kind = node::EventKind::kPeerDisconnected;
      result.code = HEDDLE_UNKNOWN_DIRECTION;
      result.reason = HEDDLE_DISCONNECT_REMOTE_CLOSE;
      break;
    case trace::Kind::kRpcResponse:
      result.kind = node::EventKind::kRpcResponse;
      result.name = event.protocol;
      break;
    case trace::Kind::kRpcEnd:
      result.kind = node::EventKind::kRpcEnd;
      break;
  }
  return result;
}

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_NODE_EVENT_H_
