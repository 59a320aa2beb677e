#include "src/node/peers.h"

namespace heddle::node {

void Peers::Note(uint32_t instance, const Event& event, PeerCounters* counters) {
  switch (event.kind) {
    case EventKind::kPeerConnected:
      return Connect(instance, event, counters);
    case EventKind::kPeerDisconnected:
      return Disconnect(instance, event, counters);
    case EventKind::kRpcResponse:
      return NoteChunk(instance, event, counters);
    case EventKind::kRpcEnd:
    case EventKind::kRpcError: {
      const bool was_open = requests_.erase({instance, event.number}) > 0;
      if (!was_open) ++counters->unknown_requests;
      ++(event.kind == EventKind::kRpcEnd ? counters->finished_requests
                                          : counters->failed_requests);
      return;
    }
    case EventKind::kGossip:
    case EventKind::kRpcRequest:
      return;
  }
}

void Peers::Connect(uint32_t instance, const Event& event, PeerCounters* counters) {
  const std::pair<uint32_t, std::string> key(instance, event.peer);
  if (peers_.size() >= kMaxPeers && !peers_.contains(key)) {
    ++counters->refused_peers;
    return;
  }
  ++peers_[key];
}

void Peers::Disconnect(uint32_t instance, const Event& event, PeerCounters* counters) {
  const auto peer = peers_.find(std::pair(instance, std::string(event.peer)));
  if (peer == peers_.end()) {
    ++counters->unknown_peers;
  } else if (--peer->second == 0) {
    peers_.erase(peer);
  }
}

void Peers::NoteChunk(uint32_t instance, const Event& event, PeerCounters* counters) {
  const InstanceAndNumber key(instance, event.number);
  auto request = requests_.find(key);
  if (request == requests_.end()) {
    if (requests_.size() >= kMaxOpenRequests) {
      const auto lowest = requests_.lower_bound({instance, 0});
      requests_.erase(lowest == requests_.end() ? requests_.begin() : lowest);
      ++counters->dropped_requests;
    }
    request =
        requests_.emplace(key, Request{std::string(event.peer), std::string(event.name)}).first;
  }
  ++request->second.chunks;
}

}  // namespace heddle::node
