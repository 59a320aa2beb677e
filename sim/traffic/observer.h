// What the observer of synthetic traffic hears, from its neighbours.
#ifndef HEDDLE_SIM_TRAFFIC_OBSERVER_H_
#define HEDDLE_SIM_TRAFFIC_OBSERVER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/trace/trace.h"
#include "sim/traffic/dice.h"
#include "sim/traffic/event_queue.h"
#include "sim/traffic/generate.h"
#include "src/chain/containers.h"
#include "src/chain/wire/bytes.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/topic.h"
#include "src/ssz/codec.h"

namespace heddle::traffic {

inline constexpr char kNetwork[] = "12345678";

class Observer {
 public:
  // All three outlive it.
  Observer(const TrafficOptions& options, Dice* dice, const EventSink& sink);

  EventQueue& queue() { return queue_; }

  // The neighbours connect, before genesis.
  void Meet();
  // Neighbours come and go in a slot that begins at `now`. One always stays.
  void Churn(int64_t now);
  // Gossip that was made at `now`.
  template <typename Container>
  void Hear(wire::TopicKind kind, const Container& message, int64_t now) {
    Hear(kind, ssz::Encode(message), now);
  }
  // A request for blocks, and how it is answered: these blocks, or badly, or not to the end.
  void Answer(const char* protocol, const std::vector<chain::SignedBlock>& blocks, int64_t now);

 private:
  struct Peer {
    std::string id;
    bool connected;
  };

  void Hear(wire::TopicKind kind, const wire::Bytes& ssz, int64_t now);
  void Push(trace::Event event) { queue_.Push(std::move(event)); }
  size_t AnyPeer();
  void Connect(size_t i, int64_t time_ns);
  void Gossip(const std::string& topic, wire::Bytes payload, const std::string& peer,
              int64_t time_ns);
  void Chunk(const char* protocol, uint64_t request, const std::string& peer,
             wire::ResponseCode code, wire::ByteView payload, int64_t time_ns);
  void End(uint64_t request, const std::string& peer, int64_t time_ns);

  const TrafficOptions& options_;
  Dice& dice_;
  EventQueue queue_;
  std::vector<Peer> peers_;
  uint64_t requests_ = 0;
};

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_OBSERVER_H_
