#include "src/node/node.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/testing/synthetic_chain.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/node/testing/gossip.h"

namespace heddle::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kValidators = 4;
constexpr char kStatus[] = "/leanconsensus/req/status/1/ssz_snappy";
constexpr char kBlocksByRoot[] = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";
constexpr char kBlocksByRange[] = "/leanconsensus/req/blocks_by_range/1/ssz_snappy";

struct RecordingObserver : NodeObserver {
  void OnApplied(const Application& application) override {
    outcomes.push_back(OutcomeText(application.outcome));
    released.assign(application.released.begin(), application.released.end());
  }
  void OnTicked(chain::Interval interval) override { ticks.push_back(interval); }

  std::vector<std::string> outcomes;
  std::vector<Release> released;  // by the last event
  std::vector<chain::Interval> ticks;
};

class NodeTest : public ::testing::Test {
 protected:
  NodeTest() : node_(*Node::Create({.validators = SyntheticKeys(kValidators)}, &observer_)) {
    // Late enough for every vote of these tests.
    node_->Tick(chain::IntervalFromSlot(kSlots + 2));
    observer_.ticks.clear();
  }

  std::string Apply(const Event& event) {
    node_->Apply(0, sequence_++, event);
    return observer_.outcomes.back();
  }
  template <typename Container>
  std::string Deliver(const Container& container) {
    return Apply(GossipOf(container).event());
  }
  std::string DeliverChunk(const char* protocol, const std::vector<uint8_t>& chunk) {
    return Apply({.kind = EventKind::kRpcResponse,
                  .number = 7,
                  .name = protocol,
                  .peer = "peer",
                  .payload = chunk});
  }
  std::vector<chain::Root> ReleasedRoots() const {
    std::vector<chain::Root> roots;
    for (const Release& release : observer_.released) roots.push_back(release.block);
    return roots;
  }
  static chain::Root RootOf(const chain::SignedBlock& block) {
    return chain::HashBlock(block.block).root;
  }
  uint64_t Rejected(chain::Rejection reason) const {
    return node_->counters().rejected[static_cast<size_t>(reason)];
  }

  static constexpr uint64_t kSlots = 6;
  RecordingObserver observer_;
  std::unique_ptr<Node> node_;
  uint64_t sequence_ = 0;
  const std::vector<chain::SyntheticSlot> chain_ = chain::SyntheticChain(kValidators, kSlots);
};

// A block on `parent`'s state at `slot`, without votes: with different slots, a fork.
chain::SignedBlock ForkBlock(const std::vector<chain::SignedBlock>& ancestors, chain::Slot slot) {
  chain::Store store = chain::GenesisStore(kValidators);
  for (const chain::SignedBlock& block : ancestors) EXPECT_FALSE(store.OnBlock(block));
  return chain::Sign(store.ProduceBlock(slot, slot % kValidators)->block);
}

TEST_F(NodeTest, ImportsAChain) {
  for (const chain::SyntheticSlot& slot : chain_) {
    EXPECT_EQ(Deliver(slot.block), "accepted");
    EXPECT_EQ(Deliver(slot.votes), "accepted");
    EXPECT_THAT(observer_.released, IsEmpty());
  }
  EXPECT_EQ(node_->store().block_count(), kSlots + 1);
  EXPECT_EQ(node_->counters().accepted, 2 * kSlots);
}

TEST_F(NodeTest, NeedsValidators) {
  EXPECT_TRUE(absl::IsInvalidArgument(Node::Create({}, nullptr).status()));
  Node::Options options;
  options.validators.resize(chain::kValidatorRegistryLimit + 1);
  EXPECT_TRUE(absl::IsInvalidArgument(Node::Create(options, nullptr).status()));
}

TEST_F(NodeTest, WorksWithoutAnObserver) {
  std::unique_ptr<Node> node = *Node::Create({.validators = SyntheticKeys(kValidators)}, nullptr);
  node->Tick(5);
  node->Apply(0, 0, GossipOf(chain_[0].block).event());
  EXPECT_EQ(node->counters().accepted, 1u);
}

TEST_F(NodeTest, KnownBlockIsADuplicate) {
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_EQ(Deliver(chain_[0].block), "duplicate");
  EXPECT_EQ(node_->counters().duplicate, 1u);
}

TEST_F(NodeTest, BlockWaitsForItsParentOnce) {
  EXPECT_EQ(Deliver(chain_[1].block), "pending");
  EXPECT_EQ(Deliver(chain_[1].block), "pending");
  EXPECT_EQ(node_->waiting_blocks(), 1u);
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_THAT(ReleasedRoots(), ElementsAre(RootOf(chain_[1].block)));
  EXPECT_EQ(node_->waiting_blocks(), 0u);
  EXPECT_EQ(node_->counters().released_blocks, 1u);
  EXPECT_EQ(Deliver(chain_[1].block), "duplicate");
}

TEST_F(NodeTest, ReleasesBreadthFirstInOrderOfArrival) {
  // a has the children b and c; b has d, c has e.
  const chain::SignedBlock a = ForkBlock({}, 1);
  const chain::SignedBlock b = ForkBlock({a}, 2);
  const chain::SignedBlock c = ForkBlock({a}, 3);
  const chain::SignedBlock d = ForkBlock({a, b}, 4);
  const chain::SignedBlock e = ForkBlock({a, c}, 5);
  for (const auto* block : {&d, &c, &e, &b}) EXPECT_EQ(Deliver(*block), "pending");
  EXPECT_EQ(Deliver(a), "accepted");
  EXPECT_THAT(ReleasedRoots(), ElementsAre(RootOf(c), RootOf(b), RootOf(e), RootOf(d)));
}

TEST_F(NodeTest, WaitingBlockThatFallsTakesNobodyAlong) {
  chain::SignedBlock wrong = chain_[1].block;
  wrong.block.proposer_index = (wrong.block.proposer_index + 1) % kValidators;
  chain::SignedBlock child = chain_[2].block;
  child.block.parent_root = RootOf(wrong);
  EXPECT_EQ(Deliver(wrong), "pending");
  EXPECT_EQ(Deliver(child), "pending");
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_THAT(observer_.released,
              ElementsAre(Release{
                  RootOf(wrong),
                  {.kind = Outcome::Kind::kRejected, .reason = chain::Rejection::kWrongProposer}}));
  EXPECT_EQ(Rejected(chain::Rejection::kWrongProposer), 1u);
  EXPECT_EQ(node_->waiting_blocks(), 1u);  // the child, whose parent will never come
}

TEST_F(NodeTest, RejectedBlockIsCountedByReason) {
  chain::SignedBlock wrong = chain_[0].block;
  wrong.block.state_root.data()[0] ^= 1;
  EXPECT_EQ(Deliver(wrong), "rejected:STATE_ROOT_MISMATCH");
  EXPECT_EQ(Rejected(chain::Rejection::kStateRootMismatch), 1u);
}

TEST_F(NodeTest, VotesWaitForTheBlocksTheyName) {
  const chain::SignedAttestation vote = chain::SignedVote(chain_[0].votes.data, 1);
  EXPECT_EQ(Deliver(vote), "pending");
  EXPECT_EQ(Deliver(chain_[0].votes), "pending");
  EXPECT_EQ(Deliver(chain_[1].votes), "pending");
  EXPECT_EQ(node_->waiting_attestations(), 1u);
  EXPECT_EQ(node_->waiting_aggregates(), 2u);
  // The first block lets in what names it; the rest goes on waiting, in its place.
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_EQ(node_->waiting_attestations(), 0u);
  EXPECT_EQ(node_->waiting_aggregates(), 1u);
  EXPECT_EQ(node_->counters().released_attestations, 1u);
  EXPECT_EQ(node_->counters().released_aggregates, 1u);
  EXPECT_EQ(Deliver(chain_[1].block), "accepted");
  EXPECT_EQ(node_->waiting_aggregates(), 0u);
}

TEST_F(NodeTest, VotesAreRetriedAfterTheReleases) {
  EXPECT_EQ(Deliver(chain_[1].votes), "pending");
  EXPECT_EQ(Deliver(chain_[1].block), "pending");
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");  // lets the block in, and so the votes
  EXPECT_EQ(node_->waiting_aggregates(), 0u);
}

TEST_F(NodeTest, WaitingVoteThatFallsIsCountedByReason) {
  chain::SignedAttestation vote = chain::SignedVote(chain_[0].votes.data, 1);
  vote.validator_index = kValidators;
  EXPECT_EQ(Deliver(vote), "pending");
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_EQ(node_->waiting_attestations(), 0u);
  EXPECT_EQ(Rejected(chain::Rejection::kValidatorNotInState), 1u);
}

TEST_F(NodeTest, OldestWaitingVoteGoesWhenThereAreTooMany) {
  // The first names the block to come; the others name blocks that never come.
  EXPECT_EQ(Deliver(chain_[0].votes), "pending");
  chain::SignedAggregatedAttestation other = chain_[0].votes;
  for (uint64_t i = 0; i < kMaxWaitingVotes; ++i) {
    other.data.head.root.data()[0] = static_cast<uint8_t>(i);
    other.data.head.root.data()[1] = static_cast<uint8_t>(i >> 8);
    other.data.head.root.data()[2] = 0xee;
    EXPECT_EQ(Deliver(other), "pending");
  }
  EXPECT_EQ(node_->waiting_aggregates(), kMaxWaitingVotes);
  EXPECT_EQ(node_->counters().dropped_aggregates, 1u);
  EXPECT_EQ(Deliver(chain_[0].block), "accepted");
  EXPECT_EQ(node_->counters().released_aggregates, 0u);
}

TEST_F(NodeTest, WhatCannotBeDecodedIsCounted) {
  Gossip message = GossipOf(chain_[0].block);
  const Gossip good = message;
  message.topic = "/leanconsensus/12345678/blob/ssz_snappy";
  EXPECT_EQ(Apply(message.event()), "undecodable");
  message = good;
  message.payload.resize(message.payload.size() / 2);
  EXPECT_EQ(Apply(message.event()), "undecodable");
  message = good;
  message.payload = wire::SnappyCompress(std::vector<uint8_t>(50, 1));
  EXPECT_EQ(Apply(message.event()), "undecodable");
  message.payload = {0xff, 0xff, 0xff, 0xff, 0x0f};  // a bomb: declares 4 GiB
  EXPECT_EQ(Apply(message.event()), "undecodable");
  message.payload.clear();
  EXPECT_EQ(Apply(message.event()), "undecodable");
  // Right bytes, wrong topic.
  message = good;
  message.topic = GossipOf(chain_[0].votes).topic;
  EXPECT_EQ(Apply(message.event()), "undecodable");
  EXPECT_EQ(node_->counters().undecodable, 6u);
  EXPECT_EQ(Apply(good.event()), "accepted");
}

TEST_F(NodeTest, ResponseChunksOfBlockProtocolsAreBlocks) {
  EXPECT_EQ(DeliverChunk(kBlocksByRoot, ChunkOf(chain_[1].block)), "pending");
  EXPECT_EQ(DeliverChunk(kBlocksByRange, ChunkOf(chain_[0].block)), "accepted");
  EXPECT_THAT(ReleasedRoots(), ElementsAre(RootOf(chain_[1].block)));
  std::vector<uint8_t> cut = ChunkOf(chain_[2].block);
  cut.pop_back();
  EXPECT_EQ(DeliverChunk(kBlocksByRange, cut), "undecodable");
  EXPECT_EQ(DeliverChunk(kBlocksByRange, {}), "undecodable");
  const std::vector<uint8_t> text = {'n', 'o'};
  EXPECT_EQ(DeliverChunk(kBlocksByRoot,
                         *wire::EncodeResponseChunk(wire::ResponseCode::kServerError, text)),
            "rpc_error:2");
  EXPECT_EQ(node_->counters().rpc_error, 1u);
  EXPECT_EQ(DeliverChunk(kStatus, {1, 2, 3}), "none");
}

TEST_F(NodeTest, TellsOfEveryTickOnce) {
  const chain::Interval now = node_->store().time();
  node_->Tick(now + 3);
  node_->Tick(now + 2);
  node_->Tick(now + 4);
  EXPECT_THAT(observer_.ticks, ElementsAre(now + 1, now + 2, now + 3, now + 4));
  EXPECT_EQ(node_->store().time(), now + 4);
}

TEST_F(NodeTest, CountersHaveNames) {
  Deliver(chain_[0].block);
  chain::SignedBlock wrong = chain_[1].block;
  wrong.block.state_root.data()[0] ^= 1;
  Deliver(wrong);
  std::vector<std::string> shown;
  node_->counters().ForEach([&](absl::string_view name, uint64_t value) {
    shown.push_back(std::string(name) + "=" + std::to_string(value));
  });
  const std::string ticks = "ticks=" + std::to_string(node_->counters().ticks);
  EXPECT_THAT(
      shown, ElementsAre("events.gossip=2", ticks, "accepted=1", "rejected.STATE_ROOT_MISMATCH=1"));
}

TEST_F(NodeTest, CostModelJudgesAsTheStructuralVerifierDoes) {
  RecordingObserver observer;
  std::unique_ptr<Node> node =
      *Node::Create({.validators = SyntheticKeys(kValidators), .signature_cost_ns = 1}, &observer);
  node->Tick(node_->store().time());
  chain::SignedBlock unsigned_block = chain_[1].block;
  unsigned_block.proof.proof.bytes.clear();
  chain::SignedAttestation unsigned_vote = chain::SignedVote(chain_[0].votes.data, 1);
  unsigned_vote.signature.rho = {};
  const std::vector<Gossip> messages = {GossipOf(chain_[0].block), GossipOf(chain_[0].votes),
                                        GossipOf(unsigned_block), GossipOf(unsigned_vote),
                                        GossipOf(chain::SignedVote(chain_[0].votes.data, 1))};
  for (const Gossip& message : messages) {
    Apply(message.event());
    node->Apply(0, 0, message.event());
  }
  EXPECT_EQ(observer.outcomes, observer_.outcomes);
  EXPECT_THAT(observer.outcomes, ElementsAre("accepted", "accepted", "rejected:INVALID_BLOCK_PROOF",
                                             "rejected:INVALID_SIGNATURE", "accepted"));
}

WaitingBlock InventedBlock(uint64_t number, const chain::Root& parent, size_t ssz_bytes) {
  WaitingBlock block;
  block.block.block.slot = number;
  block.block.block.parent_root = parent;
  block.hash = chain::HashBlock(block.block.block);
  block.ssz_bytes = ssz_bytes;
  return block;
}

chain::Root InventedRoot(uint64_t number) {
  chain::Root root;
  for (int i = 0; i < 8; ++i) root.data()[i] = static_cast<uint8_t>(number >> (8 * i));
  return root;
}

TEST(WaitingBlocksTest, OldestGoesWhenThereAreTooMany) {
  WaitingBlocks waiting;
  for (uint64_t i = 0; i < kMaxWaitingBlocks; ++i) {
    EXPECT_EQ(waiting.Add(InventedBlock(i, InventedRoot(i), 100)), 0u);
  }
  EXPECT_EQ(waiting.Add(InventedBlock(5000, InventedRoot(1), 100)), 1u);
  EXPECT_EQ(waiting.size(), kMaxWaitingBlocks);
  EXPECT_THAT(waiting.TakeChildren(InventedRoot(0)), IsEmpty());
  EXPECT_EQ(waiting.TakeChildren(InventedRoot(1)).size(), 2u);
  EXPECT_THAT(waiting.TakeChildren(InventedRoot(1)), IsEmpty());
}

TEST(WaitingBlocksTest, OldestGoWhenTheyAreTooLarge) {
  WaitingBlocks waiting;
  constexpr size_t kThird = kMaxWaitingBlockBytes / 3;
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(waiting.Add(InventedBlock(i, InventedRoot(9), kThird)), 0u);
  }
  EXPECT_EQ(waiting.Add(InventedBlock(3, InventedRoot(9), 2 * kThird)), 2u);
  std::vector<chain::Slot> left;
  for (const WaitingBlock& block : waiting.TakeChildren(InventedRoot(9))) {
    left.push_back(block.block.block.slot);
  }
  EXPECT_THAT(left, ElementsAre(2, 3));
  // What was taken out is not counted any more.
  EXPECT_EQ(waiting.Add(InventedBlock(4, InventedRoot(9), 3 * kThird)), 0u);
}

TEST(PeersTest, AreBounded) {
  Peers peers;
  PeerCounters counters;
  const auto note = [&](EventKind kind, const std::string& peer, uint64_t number) {
    peers.Note(0, {.kind = kind, .number = number, .name = kStatus, .peer = peer}, &counters);
  };
  for (uint64_t i = 0; i < kMaxPeers + 5; ++i) {
    note(EventKind::kPeerConnected, std::to_string(i), 0);
  }
  EXPECT_EQ(peers.connected(), kMaxPeers);
  EXPECT_EQ(counters.refused_peers, 5u);
  note(EventKind::kPeerConnected, "0", 0);  // a second connection of a peer that is listed
  note(EventKind::kPeerDisconnected, "0", 0);
  EXPECT_EQ(peers.connected(), kMaxPeers);
  note(EventKind::kPeerDisconnected, "0", 0);
  EXPECT_EQ(peers.connected(), kMaxPeers - 1);
  note(EventKind::kPeerDisconnected, "0", 0);
  EXPECT_EQ(counters.unknown_peers, 1u);

  for (uint64_t i = 0; i < kMaxOpenRequests + 3; ++i) note(EventKind::kRpcResponse, "p", i);
  EXPECT_EQ(peers.open_requests(), kMaxOpenRequests);
  EXPECT_EQ(counters.dropped_requests, 3u);
  note(EventKind::kRpcEnd, "p", 3);
  note(EventKind::kRpcError, "p", 4);
  note(EventKind::kRpcEnd, "p", 0);  // dropped before
  EXPECT_EQ(counters.finished_requests, 2u);
  EXPECT_EQ(counters.failed_requests, 1u);
  EXPECT_EQ(counters.unknown_requests, 1u);
  EXPECT_EQ(peers.open_requests(), kMaxOpenRequests - 2);
}

}  // namespace
}  // namespace heddle::node
