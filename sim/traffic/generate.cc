#include "sim/traffic/generate.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/protocol/strategy.h"
#include "sim/traffic/damage.h"
#include "sim/traffic/network.h"
#include "src/chain/genesis.h"
#include "src/chain/slot.h"
#include "src/chain/wire/message_id.h"
#include "src/chain/wire/peer_id.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/topic.h"

namespace heddle::traffic {
namespace {

using trace::kIntervalNs;
using trace::kIntervalsPerSlot;
using trace::kSlotNs;

constexpr char kNetwork[] = "12345678";
constexpr char kStatus[] = "/leanconsensus/req/status/1/ssz_snappy";
constexpr char kBlocksByRoot[] = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";
constexpr char kBlocksByRange[] = "/leanconsensus/req/blocks_by_range/1/ssz_snappy";

constexpr uint64_t kFirstGenesisTime = 1'763'800'000;  // Unix seconds
constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kConnectNs = -10 * int64_t{1'000'000'000};  // when the neighbours are met
// The latest that anything is heard after it was made, with room to spare: how long ids must be
// remembered.
constexpr int64_t kRememberNs = 16 * kSlotNs;
// In each slot, one in so many: the observer asks for blocks; and of its requests one in so many is
// answered with an error, and one in so many never.
constexpr uint32_t kAsksOneIn = 8;
constexpr uint32_t kErrorOneIn = 6;
constexpr uint32_t kNeverOneIn = 12;
constexpr uint32_t kMostBlocksAsked = 4;

bool IsRate(double rate) { return rate >= 0 && rate <= 1; }

absl::Status Check(const TrafficOptions& options) {
  const auto wrong = [](absl::string_view what) { return absl::InvalidArgumentError(what); };
  if (options.validators < 1 || options.validators > trace::kMaxValidators) {
    return wrong(absl::StrCat("validators: ", options.validators, "; expected 1 to ",
                              trace::kMaxValidators));
  }
  if (options.slots < 1 || options.slots > TrafficOptions::kMaxSlots) {
    return wrong(
        absl::StrCat("slots: ", options.slots, "; expected 1 to ", TrafficOptions::kMaxSlots));
  }
  if (options.peers < 1 || options.peers > TrafficOptions::kMaxPeers) {
    return wrong(
        absl::StrCat("peers: ", options.peers, "; expected 1 to ", TrafficOptions::kMaxPeers));
  }
  const std::pair<const char*, double> rates[] = {
      {"missed", options.missed},         {"late", options.late},
      {"forks", options.forks},           {"equivocation", options.equivocation},
      {"duplicates", options.duplicates}, {"reorder", options.reorder},
      {"corrupt", options.corrupt},       {"churn", options.churn}};
  for (const auto& [name, rate] : rates) {
    if (!IsRate(rate)) return wrong(absl::StrCat(name, ": ", rate, "; expected a rate, 0 to 1"));
  }
  return absl::OkStatus();
}

// Random values of the protocol's types. One stream for the whole trace.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  sim::Random* random() { return &random_; }
  bool Chance(double rate) { return random_.Unit() < rate; }
  bool OneIn(uint32_t n) { return random_.Below(n) == 0; }
  uint32_t Below(uint32_t bound) { return random_.Below(bound); }
  // In [from, to) milliseconds.
  int64_t Milliseconds(uint32_t from, uint32_t to) {
    // One draw a statement, here and wherever there are several: compilers differ in the order in
    // which they evaluate operands and arguments.
    const int64_t whole = from + random_.Below(to - from);
    const int64_t part = random_.Below(1'000'000);
    return whole * kMillisecond + part;
  }
  uint32_t FieldElement() { return random_.Below(chain::FieldElement::kModulus); }

  trace::PublicKey Key() {
    trace::PublicKey key;
    for (size_t i = 0; i < key.size(); i += 4) {
      const uint32_t element = FieldElement();
      for (size_t byte = 0; byte < 4; ++byte) {
        key[i + byte] = static_cast<uint8_t>(element >> (8 * byte));
      }
    }
    return key;
  }

  // Of form, not of substance.
  chain::Signature Signature() {
    chain::Signature signature;
    signature.path.siblings.elements.resize(chain::TestScheme::kLogLifetime);
    signature.hashes.elements.resize(chain::TestScheme::kDimension);
    for (auto& digest : signature.path.siblings.elements) Fill(&digest);
    for (auto& digest : signature.hashes.elements) Fill(&digest);
    Fill(&signature.rho);
    return signature;
  }

  std::string PeerId() {
    wire::Bytes key = {2};
    for (int i = 0; i < 32; ++i) key.push_back(static_cast<uint8_t>(random_.Below(256)));
    return wire::Base58Encode(
        wire::PeerIdOf(wire::EncodePublicKey(wire::KeyType::kSecp256k1, key)));
  }

 private:
  template <typename Elements>
  void Fill(Elements* elements) {
    for (size_t i = 0; i < elements->size(); ++i) (*elements)[i].value = FieldElement();
  }

  sim::Random random_;
};

// What the observer hears, from its neighbours.
class Observer {
 public:
  Observer(const TrafficOptions& options, Dice* dice, const EventSink& sink)
      : options_(options), dice_(*dice), queue_(sink, kRememberNs) {
    for (uint32_t i = 0; i < options.peers; ++i) peers_.push_back({dice_.PeerId(), true});
  }

  EventQueue& queue() { return queue_; }

  void Meet() {
    for (size_t i = 0; i < peers_.size(); ++i) Connect(i, kConnectNs + dice_.Milliseconds(0, 500));
  }

  // Neighbours come and go in a slot that begins at `now`. One always stays.
  void Churn(int64_t now) {
    for (size_t i = 0; i < peers_.size(); ++i) {
      if (!peers_[i].connected) {
        if (dice_.OneIn(2)) Connect(i, now + dice_.Milliseconds(0, 3000));
        continue;
      }
      const bool last = std::count_if(peers_.begin(), peers_.end(),
                                      [](const Peer& p) { return p.connected; }) == 1;
      if (last || !dice_.Chance(options_.churn)) continue;
      peers_[i].connected = false;
      Push(MakeEvent(trace::Kind::kPeerDisconnected, now + dice_.Milliseconds(0, 500),
                     peers_[i].id));
    }
  }

  template <typename Container>
  void Hear(wire::TopicKind kind, const Container& message, int64_t now) {
    const std::string topic = wire::FormatTopic({kind, kNetwork, 0});
    const wire::Bytes payload = wire::SnappyCompress(ssz::Encode(message));
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

  // A request for blocks, and how it is answered: these blocks, or badly, or not to the end.
  void Answer(const char* protocol, const std::vector<chain::SignedBlock>& blocks, int64_t now) {
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

 private:
  struct Peer {
    std::string id;
    bool connected;
  };

  void Push(trace::Event event) { queue_.Push(std::move(event)); }

  size_t AnyPeer() {
    size_t peer = dice_.Below(static_cast<uint32_t>(peers_.size()));
    while (!peers_[peer].connected) peer = (peer + 1) % peers_.size();
    return peer;
  }

  void Connect(size_t i, int64_t time_ns) {
    peers_[i].connected = true;
    Push(MakeEvent(trace::Kind::kPeerConnected, time_ns, peers_[i].id));
    if (!options_.reqresp) return;
    const uint64_t request = ++requests_;
    const int64_t at = time_ns + dice_.Milliseconds(1, 50);
    // Status: two checkpoints, which the chain does not look at.
    Chunk(kStatus, request, peers_[i].id, wire::ResponseCode::kSuccess, wire::Bytes(80, 0), at);
    End(request, peers_[i].id, at + dice_.Milliseconds(1, 10));
  }

  void Gossip(const std::string& topic, wire::Bytes payload, const std::string& peer,
              int64_t time_ns) {
    trace::Event event = MakeEvent(trace::Kind::kGossip, time_ns, peer);
    event.topic = topic;
    event.id = wire::GossipMessageId(topic, payload);
    event.data = std::move(payload);
    Push(std::move(event));
  }

  void Chunk(const char* protocol, uint64_t request, const std::string& peer,
             wire::ResponseCode code, wire::ByteView payload, int64_t time_ns) {
    trace::Event event = MakeEvent(trace::Kind::kRpcResponse, time_ns, peer);
    event.data = *wire::EncodeResponseChunk(code, payload);  // far below the limit
    event.request = request;
    event.protocol = protocol;
    Push(std::move(event));
  }

  void End(uint64_t request, const std::string& peer, int64_t time_ns) {
    trace::Event event = MakeEvent(trace::Kind::kRpcEnd, time_ns, peer);
    event.request = request;
    Push(std::move(event));
  }

  const TrafficOptions& options_;
  Dice& dice_;
  EventQueue queue_;
  std::vector<Peer> peers_;
  uint64_t requests_ = 0;
};

trace::Header MakeHeader(const TrafficOptions& options, Dice* dice) {
  trace::Header header;
  header.network = kNetwork;
  header.genesis_time = kFirstGenesisTime + options.seed % 1'000'000;
  for (uint64_t i = 0; i < options.validators; ++i) {
    trace::Validator validator;
    validator.attestation_public_key = dice->Key();
    validator.proposal_public_key = dice->Key();
    header.validators.push_back(validator);
  }
  return header;
}

class Generator {
 public:
  Generator(const TrafficOptions& options, const EventSink& sink)
      : options_(options),
        dice_(options.seed),
        header_(MakeHeader(options, &dice_)),
        observer_(options_, &dice_, sink) {}

  absl::StatusOr<TrafficSummary> Run() {
    groups_.push_back(MakeGroup(header_));
    observer_.Meet();
    const uint64_t cut = options_.partition ? options_.slots / 4 + 1 : 0;
    const uint64_t healed = options_.slots / 2 + 1;
    for (chain::Slot slot = 1; slot <= options_.slots; ++slot) {
      if (slot == cut) Cut();
      if (groups_.size() > 1 && slot == healed) Heal(SlotNs(slot));
      if (options_.churn > 0) observer_.Churn(SlotNs(slot));
      RunSlot(slot);
      absl::Status status = observer_.queue().TakeUntil(SlotNs(slot + 1));
      if (!status.ok()) return status;
    }
    absl::Status status = observer_.queue().TakeUntil(INT64_MAX);
    if (!status.ok()) return status;
    const chain::Store& store = groups_.front().store();
    summary_.events = observer_.queue().taken();
    summary_.head_slot = store.SlotOf(store.head());
    summary_.justified_slot = store.latest_justified().slot;
    summary_.finalized_slot = store.latest_finalized().slot;
    return summary_;
  }

 private:
  static int64_t SlotNs(chain::Slot slot) { return static_cast<int64_t>(slot) * kSlotNs; }

  Group MakeGroup(const trace::Header& header) const {
    std::vector<chain::ValidatorKeys> keys;
    for (const trace::Validator& validator : header.validators) {
      chain::ValidatorKeys pair;
      std::copy(validator.attestation_public_key.begin(), validator.attestation_public_key.end(),
                pair.first.data());
      std::copy(validator.proposal_public_key.begin(), validator.proposal_public_key.end(),
                pair.second.data());
      keys.push_back(pair);
    }
    return Group(GenesisStore(header.genesis_time, keys), std::vector<bool>(keys.size(), true));
  }

  // The network falls in two. The observer is in the first part.
  void Cut() {
    std::vector<bool> here(options_.validators), there(options_.validators);
    for (uint64_t i = 0; i < options_.validators; ++i) {
      here[i] = dice_.OneIn(2);
      there[i] = !here[i];
    }
    groups_.push_back(groups_.front());
    groups_[0].SetMembers(std::move(here));
    groups_[1].SetMembers(std::move(there));
    unheard_.clear();
  }

  // The links come back: the first part, and the observer with it, learns of the other's blocks.
  void Heal(int64_t now) {
    groups_.pop_back();
    groups_[0].SetMembers(std::vector<bool>(options_.validators, true));
    for (const chain::SignedBlock& block : unheard_) groups_[0].Deliver(block);
    if (options_.reqresp) {
      for (size_t i = 0; i < unheard_.size(); i += kMostBlocksAsked) {
        const size_t end = std::min<size_t>(i + kMostBlocksAsked, unheard_.size());
        observer_.Answer(kBlocksByRange,
                         {unheard_.begin() + static_cast<std::ptrdiff_t>(i),
                          unheard_.begin() + static_cast<std::ptrdiff_t>(end)},
                         now + static_cast<int64_t>(i) * 50 * kMillisecond);
      }
    } else {
      for (const chain::SignedBlock& block : unheard_) {
        observer_.Hear(wire::TopicKind::kBlock, block, now);
      }
    }
    unheard_.clear();
  }

  void RunSlot(chain::Slot slot) {
    const chain::ValidatorIndex proposer = *chain::ProposerForSlot(slot, options_.validators);
    const bool proposes = !dice_.Chance(options_.missed);
    for (int64_t i = 0; i < kIntervalsPerSlot; ++i) {
      const int64_t now = SlotNs(slot) + i * kIntervalNs;
      const chain::Interval interval = chain::IntervalFromSlot(slot) + static_cast<uint64_t>(i);
      for (size_t g = 0; g < groups_.size(); ++g) {
        const bool here = proposes && groups_[g].IsMember(proposer);
        for (const auto& aggregate : groups_[g].Tick(interval, i == 0 && here)) {
          if (g == 0) observer_.Hear(wire::TopicKind::kAggregation, aggregate, now);
        }
        if (i == 0 && here) Propose(g, slot, proposer, now);
        if (i == 1) Vote(g, slot, now);
      }
    }
    if (options_.reqresp && dice_.OneIn(kAsksOneIn)) AskForRecentBlocks(SlotNs(slot));
    if (groups_.size() == 1) groups_.front().Prune();
  }

  void Propose(size_t g, chain::Slot slot, chain::ValidatorIndex proposer, int64_t now) {
    Group& group = groups_[g];
    const bool on_parent = dice_.Chance(options_.forks);
    const chain::SignedBlock block = group.Propose(slot, proposer, on_parent, true);
    Publish(g, block, now, dice_.Chance(options_.late));
    if (!dice_.Chance(options_.equivocation)) return;
    const chain::SignedBlock second = group.Propose(slot, proposer, !on_parent, false);
    if (!(second == block)) Publish(g, second, now + dice_.Milliseconds(0, 400), false);
  }

  void Publish(size_t g, const chain::SignedBlock& block, int64_t now, bool late) {
    ++summary_.blocks;
    const int64_t made = now;
    if (late) now += dice_.Milliseconds(900, 7000);
    if (late) {
      groups_[g].DeliverAt(static_cast<chain::Interval>(now / kIntervalNs + 1), block);
    } else {
      groups_[g].Deliver(block);
    }
    if (g > 0) {
      unheard_.push_back(block);
      return;
    }
    observer_.Hear(wire::TopicKind::kBlock, block, now);
    // Whoever misses a block may ask for it, and get it before gossip brings it, or after.
    if (late && options_.reqresp && dice_.OneIn(2)) {
      observer_.Answer(kBlocksByRoot, {block}, made + dice_.Milliseconds(1000, 6000));
    }
  }

  void Vote(size_t g, chain::Slot slot, int64_t now) {
    Group& group = groups_[g];
    const std::optional<chain::AttestationData> data = group.VoteAt(slot);
    if (!data.has_value()) return;
    const std::optional<chain::AttestationData> other = group.OtherVoteAt(slot);
    const bool twice = other.has_value() && dice_.Chance(options_.equivocation);
    const uint32_t liar = dice_.Below(static_cast<uint32_t>(options_.validators));
    for (uint64_t i = 0; i < options_.validators; ++i) {
      if (!group.IsMember(i)) continue;
      Cast(g, {i, *data, dice_.Signature()}, now);
      if (twice && i == liar) Cast(g, {i, *other, dice_.Signature()}, now);
    }
  }

  void Cast(size_t g, const chain::SignedAttestation& vote, int64_t now) {
    groups_[g].Deliver(vote);
    if (g == 0) observer_.Hear(wire::TopicKind::kAttestationSubnet, vote, now);
  }

  void AskForRecentBlocks(int64_t now) {
    const std::vector<chain::Block>& recent = groups_.front().recent();
    std::vector<chain::SignedBlock> asked;
    const size_t count = std::min<size_t>(recent.size(), 1 + dice_.Below(kMostBlocksAsked));
    for (size_t i = recent.size() - count; i < recent.size(); ++i) asked.push_back(Sign(recent[i]));
    observer_.Answer(kBlocksByRange, asked, now);
  }

  const TrafficOptions& options_;
  Dice dice_;
  const trace::Header header_;
  Observer observer_;
  std::vector<Group> groups_;  // the observer's first
  std::vector<chain::SignedBlock> unheard_;
  TrafficSummary summary_;
};

}  // namespace

absl::StatusOr<trace::Header> HeaderOf(const TrafficOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  Dice dice(options.seed);
  return MakeHeader(options, &dice);
}

absl::StatusOr<TrafficSummary> Generate(const TrafficOptions& options, const EventSink& sink) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  return Generator(options, sink).Run();
}

absl::StatusOr<TrafficSummary> GenerateTrace(const TrafficOptions& options,
                                             const std::string& path) {
  const absl::StatusOr<trace::Header> header = HeaderOf(options);
  if (!header.ok()) return header.status();
  absl::StatusOr<std::unique_ptr<trace::TraceWriter>> writer =
      trace::TraceWriter::Create(path, *header);
  if (!writer.ok()) return writer.status();
  absl::StatusOr<TrafficSummary> summary =
      Generate(options, [&](const trace::Event& event) { return (*writer)->Write(event); });
  if (!summary.ok()) return summary;
  if (absl::Status status = (*writer)->Close(); !status.ok()) return status;
  return summary;
}

}  // namespace heddle::traffic
