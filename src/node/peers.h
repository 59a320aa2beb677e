// Who is connected, and which of our requests are open.
//
// Bookkeeping only: it decides nothing about blocks and votes (what a chunk carries is judged by
// the chain, whoever asked for it), so that states can be compared between dispatchers.
#ifndef HEDDLE_SRC_NODE_PEERS_H_
#define HEDDLE_SRC_NODE_PEERS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "src/node/event.h"

namespace heddle::node {

// Several times what a libp2p node keeps connected. A further peer is counted and not listed.
inline constexpr size_t kMaxPeers = 1024;
// Requests of ours that have had a chunk and no end. Past the bound the instance's one with the
// lowest number goes, which is the oldest: numbers rise.
inline constexpr size_t kMaxOpenRequests = 1024;

struct PeerCounters {
  uint64_t refused_peers = 0;     // past kMaxPeers
  uint64_t unknown_peers = 0;     // disconnected without having connected
  uint64_t dropped_requests = 0;  // past kMaxOpenRequests
  uint64_t finished_requests = 0;
  uint64_t failed_requests = 0;
  uint64_t unknown_requests = 0;  // ended or failed without being open
};

class Peers {
 public:
  // Takes note of one event; gossip leaves no trace.
  void Note(uint32_t instance, const Event& event, PeerCounters* counters);

  size_t connected() const { return peers_.size(); }
  size_t open_requests() const { return requests_.size(); }

 private:
  // Each network numbers its own requests.
  using InstanceAndNumber = std::pair<uint32_t, uint64_t>;
  struct Request {
    std::string peer;
    std::string protocol;
    uint64_t chunks = 0;
  };

  void Connect(uint32_t instance, const Event& event, PeerCounters* counters);
  void Disconnect(uint32_t instance, const Event& event, PeerCounters* counters);
  void NoteChunk(uint32_t instance, const Event& event, PeerCounters* counters);

  // How many connections each peer of an instance has.
  std::map<std::pair<uint32_t, std::string>, uint32_t> peers_;
  std::map<InstanceAndNumber, Request> requests_;
};

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_PEERS_H_
