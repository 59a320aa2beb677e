#include "sim/traffic/observer.h"

#include <algorithm>
#include <utility>

#include "sim/traffic/damage.h"
#include "sim/traffic/network.h"
#include "src/chain/wire/message_id.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::traffic {
namespace {

constexpr char kStatus[] = "/leanconsensus/req/status/1/ssz_snappy";

constexpr int64_t kConnectNs = -10 * int64_t{1'000'000'000};  // when the neighbours are met
// The latest that anything is heard after it was made, with room to spare: how long ids must be
// remembered.
constexpr int64_t kRememberNs = 16 * trace::kSlotNs;
// Of the observer's requests, one in so many is answered with an error, and one in so many never.
constexpr uint32_t kErrorOneIn = 6;
constexpr uint32_t kNeverOneIn = 12;

}  // namespace

Observer::Observer(const TrafficOptions& options, Dice* dice, const EventSink& sink)
    : options_(options), dice_(*dice), queue_(sink, kRememberNs) {
  for (uint32_t i = 0; i < options.peers; ++i) peers_.push_back({dice_.PeerId(), true});
}

void Observer::Meet() {
  for (size_t i = 0; i < peers_.size(); ++i) Connect(i, kConnectNs + dice_.Milliseconds(0, 500));
}

void Observer::Churn(int64_t now) {
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (!peers_[i].connected) {
      if (dice_.OneIn(2)) Connect(i, now + dice_.Milliseconds(0, 3000));
      continue;
    }
    const bool last =
        std::count_if(peers_.begin(), peers_.end(), [](const Peer& p) { return p.connected; }) == 1;
    if (last || !dice_.Chance(options_.churn)) continue;
    peers_[i].connected = false;
    Push(MakeEvent(trace::Kind::kPeerDisconnected, now + dice_.Milliseconds(0, 500), peers_[i].id));
  }
}

void Observer::Hear(wire::TopicKind kind, const wire::Bytes& ssz, int64_t now) {
  const std::string topic = wire::FormatTopic({kind, kNetwork, 0});
  const wire::Bytes payload = wire::SnappyCompress(ssz);
  int64_t arrival = now + dice_.Milliseconds(20, 150);
  if (dice_.Chance(options_.reorder)) arrival += dice_.Milliseconds(0, 2000);
  const size_t first = AnyPeer();
  Gossip(topic, payload, peers_[first].id, arrival);
  for (size_t i = 0; i < peers_.size(); ++i) {
    if (i == first || !peers_[i].connected || !dice_.Chance(options_.duplicates)) continue;
    Gossip(topic, payload, peers_[i].id, arrival + dice_.Milliseconds(1, 200));
  }
  if (dice_.Chance(options_.corrupt)) {
    // Before or after the sound one.
    wire::Bytes damaged = Damage(payload, dice_.random());
    const size_t peer = AnyPeer();
    Gossip(topic, std::move(damaged), peers_[peer].id, now + dice_.Milliseconds(20, 400));
  }
}

void Observer::Answer(const char* protocol, const std::vector<chain::SignedBlock>& blocks,
                      int64_t now) {
  const uint64_t request = ++requests_;
  const std::string peer = peers_[AnyPeer()].id;
  int64_t at = now + dice_.Milliseconds(20, 300);
  const bool error = dice_.OneIn(kErrorOneIn);
  for (const chain::SignedBlock& block : blocks) {
    if (error) break;
    Chunk(protocol, request, peer, wire::ResponseCode::kSuccess, ssz::Encode(block), at);
    at += dice_.Milliseconds(1, 80);
  }
  if (error) {
    const wire::ByteView words = wire::AsBytes("not available");
    Chunk(protocol, request, peer, wire::ResponseCode::kServerError, words, at);
  }
  if (!dice_.OneIn(kNeverOneIn)) End(request, peer, at + dice_.Milliseconds(1, 20));
}

size_t Observer::AnyPeer() {
  size_t peer = dice_.Below(static_cast<uint32_t>(peers_.size()));
  while (!peers_[peer].connected) peer = (peer + 1) % peers_.size();
  return peer;
}

void Observer::Connect(size_t i, int64_t time_ns) {
  peers_[i].connected = true;
  Push(MakeEvent(trace::Kind::kPeerConnected, time_ns, peers_[i].id));
  if (!options_.reqresp) return;
  const uint64_t request = ++requests_;
  const int64_t at = time_ns + dice_.Milliseconds(1, 50);
  // Status: two checkpoints, which the chain does not look at.
  Chunk(kStatus, request, peers_[i].id, wire::ResponseCode::kSuccess, wire::Bytes(80, 0), at);
  End(request, peers_[i].id, at + dice_.Milliseconds(1, 10));
}

void Observer::Gossip(const std::string& topic, wire::Bytes payload, const std::string& peer,
                      int64_t time_ns) {
  trace::Event event = MakeEvent(trace::Kind::kGossip, time_ns, peer);
  event.topic = topic;
  event.id = wire::GossipMessageId(topic, payload);
  event.data = std::move(payload);
  Push(std::move(event));
}

void Observer::Chunk(const char* protocol, uint64_t request, const std::string& peer,
                     wire::ResponseCode code, wire::ByteView payload, int64_t time_ns) {
  trace::Event event = MakeEvent(trace::Kind::kRpcResponse, time_ns, peer);
  event.data = *wire::EncodeResponseChunk(code, payload);  // far below the limit
  event.request = request;
  event.protocol = protocol;
  Push(std::move(event));
}

void Observer::End(uint64_t request, const std::string& peer, int64_t time_ns) {
  trace::Event event = MakeEvent(trace::Kind::kRpcEnd, time_ns, peer);
  event.request = request;
  Push(std::move(event));
}

}  // namespace heddle::traffic
