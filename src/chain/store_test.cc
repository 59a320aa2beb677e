#include "src/chain/store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/block_production.h"
#include "src/chain/checkpoint_sync.h"
#include "src/chain/genesis.h"
#include "src/chain/testing/compression_bound.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

std::string NameOf(Verdict rejection) {
  return rejection ? std::string(RejectionName(*rejection)) : "accepted";
}

// Everything a store holds that can be seen from outside, order of arrival included.
struct Contents {
  Snapshot snapshot;
  std::vector<std::pair<AttestationData, std::vector<AttestationSignature>>> signatures;
  std::vector<std::pair<AttestationData, std::vector<SingleMessageAggregate>>> new_payloads;
  std::vector<std::pair<AttestationData, std::vector<SingleMessageAggregate>>> known_payloads;
  friend bool operator==(const Contents&, const Contents&) = default;
};

Contents ContentsOf(const Store& store) {
  Contents contents{store.TakeSnapshot(), {}, {}, {}};
  for (const auto& entry : store.attestation_signatures()) {
    contents.signatures.emplace_back(entry.data, entry.votes);
  }
  for (const auto& entry : store.new_aggregated_payloads()) {
    contents.new_payloads.emplace_back(entry.data, entry.votes);
  }
  for (const auto& entry : store.known_aggregated_payloads()) {
    contents.known_payloads.emplace_back(entry.data, entry.votes);
  }
  return contents;
}

// A store some slots into a healthy chain, with votes in every pool.
class StoreTest : public testing::Test {
 protected:
  StoreTest() : chain_(SyntheticChain(4, 8)), store_(GenesisStore(4)) {
    for (size_t i = 0; i + 1 < chain_.size(); ++i) EXPECT_FALSE(Deliver(chain_[i], &store_));
    vote_ = *store_.ProduceAttestationData(7);
    EXPECT_FALSE(store_.OnGossipAttestation(SignedVote(vote_, 2), /*is_aggregator=*/true));
    EXPECT_FALSE(store_.new_aggregated_payloads().empty());
    EXPECT_FALSE(store_.known_aggregated_payloads().empty());
    EXPECT_FALSE(store_.attestation_signatures().empty());
  }

  // The next block of the chain, its slot begun.
  const SignedBlock& NextBlock() {
    store_.OnTick(IntervalFromSlot(8), /*has_proposal=*/true, /*is_aggregator=*/false);
    return chain_.back().block;
  }

  void ExpectRefused(Rejection expected, const std::function<Verdict()>& call) {
    const Contents before = ContentsOf(store_);
    const Verdict rejection = call();
    EXPECT_EQ(NameOf(rejection), RejectionName(expected));
    EXPECT_TRUE(ContentsOf(store_) == before)
        << "refused with " << NameOf(rejection) << ", and yet the store changed";
  }

  std::vector<SyntheticSlot> chain_;
  Store store_;
  AttestationData vote_;
};

TEST_F(StoreTest, RefusedBlocksChangeNothing) {
  const SignedBlock good = NextBlock();
  ASSERT_FALSE(good.block.body.attestations.empty());
  const auto expect = [&](Rejection expected, auto&& change) {
    SignedBlock bad = good;
    change(&bad);
    ExpectRefused(expected, [&] { return store_.OnBlock(bad); });
  };
  expect(Rejection::kUnknownParentBlock, [](auto* b) { b->block.parent_root = {}; });
  expect(Rejection::kDuplicateAttestationData, [](auto* b) {
    auto& votes = b->block.body.attestations.elements;
    votes.push_back(votes[0]);
    votes.back().aggregation_bits = *AggregationBitsFromIndices({0});
  });
  expect(Rejection::kEmptyAggregationBits,
         [](auto* b) { b->block.body.attestations[0].aggregation_bits.bits = ssz::Bits(4); });
  expect(Rejection::kValidatorIndexOutOfRange, [](auto* b) {
    b->block.body.attestations[0].aggregation_bits = *AggregationBitsFromIndices({0, 4});
  });
  expect(Rejection::kProposerIndexOutOfRange, [](auto* b) { b->block.proposer_index = 4; });
  expect(Rejection::kProposerIndexOutOfRange,
         [](auto* b) { b->block.proposer_index = UINT64_MAX; });
  expect(Rejection::kInvalidBlockProof, [](auto* b) { b->proof.proof.bytes.clear(); });
  expect(Rejection::kWrongProposer, [](auto* b) { b->block.proposer_index = 1; });
  expect(Rejection::kBlockSlotNotInFuture, [](auto* b) { b->block.slot = 7; });
  expect(Rejection::kStateRootMismatch, [](auto* b) { b->block.state_root = {}; });
  expect(Rejection::kStateLimitExceeded, [](auto* b) { b->block.slot = uint64_t{1} << 60; });
  expect(Rejection::kTooManyAttestationData, [](auto* b) {
    auto& votes = b->block.body.attestations.elements;
    for (Slot slot = 100; slot < 100 + kMaxAttestationsData; ++slot) {
      votes.push_back(votes[0]);
      votes.back().data.slot = slot;
    }
  });
  EXPECT_EQ(NameOf(store_.OnBlock(good)), "accepted");
}

TEST_F(StoreTest, AKnownBlockChangesNothing) {
  ASSERT_FALSE(store_.OnBlock(NextBlock()));
  const Contents before = ContentsOf(store_);
  SignedBlock again = chain_.back().block;
  again.proof.proof.bytes.clear();  // Not even its proof is looked at.
  EXPECT_FALSE(store_.OnBlock(again));
  EXPECT_TRUE(ContentsOf(store_) == before);
}

// Votes that break one law each, in the order in which the laws are checked.
std::vector<std::pair<Rejection, AttestationData>> BadVotes(const Store& store,
                                                            const AttestationData& good) {
  std::vector<std::pair<Rejection, AttestationData>> bad;
  const auto add = [&](Rejection expected, auto&& change) {
    bad.emplace_back(expected, good);
    change(&bad.back().second);
  };
  const auto parent = [&](const Checkpoint& checkpoint) {
    const Root root = store.FindBlock(checkpoint.root)->parent_root;
    return Checkpoint{root, store.SlotOf(root)};
  };
  add(Rejection::kUnknownSourceBlock, [](auto* d) { d->source.root = {}; });
  add(Rejection::kUnknownTargetBlock, [](auto* d) { d->target.root = {}; });
  add(Rejection::kUnknownHeadBlock, [](auto* d) { d->head.root = {}; });
  add(Rejection::kSourceAfterTarget, [](auto* d) { std::swap(d->source, d->target); });
  add(Rejection::kHeadOlderThanTarget, [&](auto* d) { d->head = parent(d->target); });
  add(Rejection::kSourceSlotMismatch, [](auto* d) { d->source.slot = 0; });
  add(Rejection::kTargetSlotMismatch, [](auto* d) { d->target.slot = d->head.slot; });
  add(Rejection::kHeadSlotMismatch, [](auto* d) { d->head.slot += 1; });
  add(Rejection::kAttestationSlotBeforeHead, [](auto* d) { d->slot = d->head.slot - 1; });
  add(Rejection::kAttestationTooFarInFuture, [](auto* d) { d->slot += 1; });
  add(Rejection::kAttestationTooFarInFuture, [](auto* d) { d->slot = UINT64_MAX; });
  return bad;
}

TEST_F(StoreTest, RefusedVotesChangeNothing) {
  ASSERT_LT(vote_.source.slot, vote_.target.slot);
  ASSERT_LT(vote_.target.slot, vote_.head.slot);
  for (const auto& bad : BadVotes(store_, vote_)) {
    const Rejection expected = bad.first;
    const AttestationData& data = bad.second;
    ExpectRefused(expected, [&] { return store_.OnGossipAttestation(SignedVote(data, 1), true); });
    ExpectRefused(expected, [&] {
      return store_.OnGossipAggregatedAttestation(AggregateOf(data, {0, 1}));
    });
  }
  for (const ValidatorIndex nobody : {ValidatorIndex{4}, UINT64_MAX}) {
    ExpectRefused(Rejection::kValidatorNotInState,
                  [&] { return store_.OnGossipAttestation(SignedVote(vote_, nobody), true); });
  }
  SignedAttestation unsigned_vote = SignedVote(vote_, 1);
  unsigned_vote.signature.rho[0].value = 0;
  ExpectRefused(Rejection::kInvalidSignature,
                [&] { return store_.OnGossipAttestation(unsigned_vote, true); });

  SignedAggregatedAttestation aggregate = AggregateOf(vote_, {0, 4});
  ExpectRefused(Rejection::kValidatorNotInState,
                [&] { return store_.OnGossipAggregatedAttestation(aggregate); });
  aggregate.proof.participants.bits = ssz::Bits(3);
  ExpectRefused(Rejection::kEmptyAggregationBits,
                [&] { return store_.OnGossipAggregatedAttestation(aggregate); });
  aggregate = AggregateOf(vote_, {0});
  aggregate.proof.proof.bytes.clear();
  ExpectRefused(Rejection::kInvalidSignature,
                [&] { return store_.OnGossipAggregatedAttestation(aggregate); });
}

TEST_F(StoreTest, OnlyAnAggregatorKeepsSignatures) {
  const Contents before = ContentsOf(store_);
  EXPECT_FALSE(store_.OnGossipAttestation(SignedVote(vote_, 1), /*is_aggregator=*/false));
  EXPECT_TRUE(ContentsOf(store_) == before);
  EXPECT_FALSE(store_.OnGossipAttestation(SignedVote(vote_, 1), /*is_aggregator=*/true));
  EXPECT_FALSE(store_.OnGossipAttestation(SignedVote(vote_, 1), /*is_aggregator=*/true));
  EXPECT_EQ(store_.TakeSnapshot().attestation_signatures.back().validator_indices,
            (std::vector<ValidatorIndex>{1, 2}));
}

TEST_F(StoreTest, RefusedProductionChangesNothing) {
  ExpectRefused(Rejection::kWrongProposer,
                [&]() -> Verdict { return store_.ProduceBlock(8, 1).rejection(); });
  ExpectRefused(Rejection::kBlockSlotNotInFuture,
                [&]() -> Verdict { return store_.ProduceBlock(7, 3).rejection(); });
}

TEST_F(StoreTest, AProducedBlockIsTheOneOthersImport) {
  Store other = store_;
  Result<Store::ProducedBlock> produced = store_.ProduceBlock(8, 0);
  ASSERT_TRUE(produced.ok());
  EXPECT_TRUE(store_.Contains(HashTreeRoot(produced->block)));
  EXPECT_EQ(produced->proofs.size(), produced->block.body.attestations.size());
  other.OnTick(IntervalFromSlot(8), true, false);
  EXPECT_EQ(NameOf(other.OnBlock(Sign(produced->block))), "accepted");
  EXPECT_EQ(other.head(), HashTreeRoot(produced->block));
  // Once it is the head there is no second block for the slot.
  EXPECT_EQ(store_.ProduceBlock(8, 0).rejection(), Rejection::kBlockSlotNotInFuture);
}

TEST_F(StoreTest, TicksIntoThePastDoNothing) {
  const Contents before = ContentsOf(store_);
  EXPECT_TRUE(store_.OnTick(store_.time(), true, true).empty());
  EXPECT_TRUE(store_.OnTick(0, true, true).empty());
  EXPECT_TRUE(ContentsOf(store_) == before);
}

TEST_F(StoreTest, CopiesAreIndependent) {
  const Contents before = ContentsOf(store_);
  Store copy = store_;
  EXPECT_TRUE(ContentsOf(copy) == before);
  copy.OnTick(IntervalFromSlot(8), true, true);
  ASSERT_FALSE(copy.OnBlock(chain_.back().block));
  EXPECT_TRUE(ContentsOf(store_) == before);
  EXPECT_FALSE(ContentsOf(copy) == before);
}

TEST(Store, RefusesAnAnchorThatDoesNotFit) {
  StructuralVerifier verifier;
  PlaceholderProver prover;
  State state = GenerateGenesis(0, SyntheticValidators(4));
  Block block = AnchorBlock(state);
  state.slot = 1;
  const Result<Store> store = Store::Create(state, block, &verifier, &prover);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.rejection(), Rejection::kAnchorStateRootMismatch);
}

// An anchor may be anything that hashes right. One that names a justified block it never had leads
// to refused blocks, not to a fork choice that starts nowhere.
TEST(Store, SurvivesAnAnchorThatLies) {
  StructuralVerifier verifier;
  PlaceholderProver prover;
  const std::vector<SyntheticSlot> chain = SyntheticChain(4, 3);
  Store honest = GenesisStore(4);
  for (const SyntheticSlot& slot : chain) ASSERT_FALSE(Deliver(slot, &honest));
  State state = *honest.FindState(honest.head());
  state.latest_justified = {Root{{0xee}}, 1000};
  Block anchor = AnchorBlock(state);
  anchor.body = honest.FindBlock(honest.head())->body;
  anchor.state_root = HashTreeRoot(state);
  Result<Store> store = Store::Create(state, anchor, &verifier, &prover);
  ASSERT_TRUE(store.ok());
  const Result<BuiltBlock> next = BuildBlock(
      state, 4, 0, store->head(), [](const Root&) { return true; }, AggregatedPool(), &prover);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(NameOf(store->OnBlock(Sign(next->block))), "MALFORMED_STATE");
  EXPECT_EQ(store->ProduceBlock(4, 0).rejection(), Rejection::kMalformedState);
  EXPECT_EQ(store->block_count(), 1u);
}

TEST(CheckpointSync, WantsValidators) {
  EXPECT_TRUE(VerifyCheckpointState(GenerateGenesis(0, SyntheticValidators(1))));
  EXPECT_FALSE(VerifyCheckpointState(GenerateGenesis(0, SyntheticValidators(0))));
}

// --- Fork choice against the specification's own words ---

using Weights = std::map<Root, uint64_t>;

// Each validator's latest vote in a pool; of equal slots the first counts.
std::map<ValidatorIndex, AttestationData> NaiveLatestVotes(const AggregatedPool& pool,
                                                           Slot finalized_slot) {
  std::map<ValidatorIndex, AttestationData> latest;
  for (const auto& entry : pool) {
    if (entry.data.head.slot <= finalized_slot) continue;
    for (const SingleMessageAggregate& proof : entry.votes) {
      for (const ValidatorIndex voter : ToValidatorIndices(proof.participants)) {
        const auto found = latest.find(voter);
        if (found == latest.end() || found->second.slot < entry.data.slot) {
          latest[voter] = entry.data;
        }
      }
    }
  }
  return latest;
}

Weights NaiveWeights(const Store& store, const std::map<ValidatorIndex, AttestationData>& votes,
                     Slot start_slot) {
  Weights weights;
  for (const auto& [voter, data] : votes) {
    Root root = data.head.root;
    for (const Block* block; (block = store.FindBlock(root)) != nullptr && block->slot > start_slot;
         root = block->parent_root) {
      ++weights[root];
    }
  }
  return weights;
}

Root NaiveLmdGhostHead(const Store& store, const AggregatedPool& pool, Slot finalized_slot,
                       uint64_t min_score) {
  const Root start = store.latest_justified().root;
  Weights weights =
      NaiveWeights(store, NaiveLatestVotes(pool, finalized_slot), store.SlotOf(start));
  std::map<Root, std::vector<Root>> children;
  for (const Root& root : store.TakeSnapshot().block_roots) {
    if (weights[root] >= min_score) children[store.FindBlock(root)->parent_root].push_back(root);
  }
  Root head = start;
  while (!children[head].empty()) {
    head = *std::max_element(children[head].begin(), children[head].end(),
                             [&](const Root& a, const Root& b) {
                               return std::pair(weights[a], a) < std::pair(weights[b], b);
                             });
  }
  return head;
}

// Random blocks on random parents, random votes for random blocks, ticks: after every event, what
// the store keeps incrementally is what the definition gives.
void CompareWithTheDefinition(uint32_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  constexpr uint64_t kValidators = 5;
  Store store = GenesisStore(kValidators);
  PlaceholderProver prover;
  std::vector<Root> roots = {store.head()};
  int imported = 0;
  int voted = 0;

  const auto random_voters = [&] {
    std::vector<ValidatorIndex> voters;
    for (ValidatorIndex i = 0; i < kValidators; ++i) {
      if (random() % 3 != 0) voters.push_back(i);
    }
    if (voters.empty()) voters.push_back(random() % kValidators);
    return voters;
  };
  const auto import_block = [&] {
    const size_t back = std::min<size_t>(random() % 4 == 0 ? random() % 6 : 0, roots.size() - 1);
    const Root parent = random() % 2 == 0 ? store.head() : roots[roots.size() - 1 - back];
    const Slot slot = store.SlotOf(parent) + 1 + random() % 3;
    const Result<BuiltBlock> built = BuildBlock(
        *store.FindState(parent), slot, slot % kValidators, parent,
        [&](const Root& root) { return store.Contains(root); }, store.known_aggregated_payloads(),
        &prover);
    ASSERT_TRUE(built.ok()) << NameOf(built.rejection());
    // Mostly on time, sometimes early.
    if (random() % 8 != 0) store.OnTick(IntervalFromSlot(slot), random() % 2 == 0, false);
    ASSERT_EQ(NameOf(store.OnBlock(Sign(built->block))), "accepted");
    roots.push_back(HashTreeRoot(built->block));
    ++imported;
  };
  const auto vote = [&] {
    // Head: any block; target and source: ancestors of it, the source often a justified one.
    AttestationData data;
    data.head.root = roots[roots.size() - 1 - random() % std::min<size_t>(roots.size(), 6)];
    data.head.slot = store.SlotOf(data.head.root);
    data.target = data.head;
    for (uint32_t steps = random() % 3; steps > 0 && data.target.slot > 0; --steps) {
      data.target.root = store.FindBlock(data.target.root)->parent_root;
      data.target.slot = store.SlotOf(data.target.root);
    }
    data.source = store.FindState(data.head.root)->latest_justified;
    if (!store.Contains(data.source.root) || data.source.slot > data.target.slot) {
      data.source = data.target;
    }
    data.slot = data.head.slot + random() % 3;
    voted += store.OnGossipAggregatedAttestation(AggregateOf(data, random_voters())) ? 0 : 1;
  };

  for (int step = 0; step < 300; ++step) {
    const Slot finalized_before = store.latest_finalized().slot;
    const uint32_t event = random() % 4;
    if (event == 0) {
      import_block();
    } else if (event == 1) {
      store.OnTick(store.time() + 1, random() % 2 == 0, random() % 2 == 0);
    } else {
      vote();
    }
    if (testing::Test::HasFatalFailure()) return;

    const Slot finalized_slot = store.latest_finalized().slot;
    const uint64_t interval = store.time() % kIntervalsPerSlot;
    const bool head_updated = event == 0 || (event == 1 && interval == 4);
    // When finality moves, votes that chose the head are pruned behind it.
    if (head_updated && finalized_slot == finalized_before) {
      ASSERT_EQ(store.head(),
                NaiveLmdGhostHead(store, store.known_aggregated_payloads(), finalized_slot, 0));
    }
    if (event == 1 && interval == 3) {
      ASSERT_EQ(store.safe_target(), NaiveLmdGhostHead(store, store.new_aggregated_payloads(),
                                                       finalized_slot, (2 * kValidators + 2) / 3));
    }
    Weights weights = NaiveWeights(
        store, NaiveLatestVotes(store.known_aggregated_payloads(), finalized_slot), finalized_slot);
    for (const BlockWeight& entry : store.TakeSnapshot().block_weights) {
      ASSERT_EQ(entry.weight, weights[entry.root]);
    }
  }
  EXPECT_GT(imported, 30);
  EXPECT_GT(voted, 20);
}

TEST(ForkChoice, IsWhatTheDefinitionGives) {
  for (uint32_t seed = 1; seed <= 20; ++seed) CompareWithTheDefinition(seed);
}

// Of two votes of one validator for one slot, the one whose data came first counts, so the order of
// two messages decides the head.
TEST(ForkChoice, OrderOfArrivalDecidesTies) {
  PlaceholderProver prover;
  const auto head_after = [&](bool first_fork_first) {
    Store store = GenesisStore(4);
    const Root genesis = store.head();
    const auto fork = [&](Slot slot) {
      Result<BuiltBlock> built = BuildBlock(
          *store.FindState(genesis), slot, slot % 4, genesis, [](const Root&) { return true; },
          AggregatedPool(), &prover);
      EXPECT_FALSE(store.OnBlock(Sign(built->block)));
      return Checkpoint{HashTreeRoot(built->block), slot};
    };
    Checkpoint a = fork(1);
    Checkpoint b = fork(2);
    if (a.root > b.root) std::swap(a, b);  // With equal weights b would win by its root.
    store.OnTick(IntervalFromSlot(2) + 3, false, false);
    const auto vote = [&](const Checkpoint& block) {
      const AttestationData data{2, block, {genesis, 0}, {genesis, 0}};
      EXPECT_FALSE(store.OnGossipAggregatedAttestation(AggregateOf(data, {0})));
    };
    vote(first_fork_first ? a : b);
    vote(first_fork_first ? b : a);
    store.OnTick(IntervalFromSlot(2) + 4, false, false);
    return store.head() == a.root;
  };
  EXPECT_TRUE(head_after(true));
  EXPECT_FALSE(head_after(false));
}

// --- Hashing ---

// Importing a block hashes little more than a perfect cache would.
TEST(Hashing, ImportsNearThePerfectCache) {
  for (const uint64_t validators : {4, 300}) {
    const std::vector<SyntheticSlot> chain = SyntheticChain(validators, 20);
    Store store = GenesisStore(validators);
    for (const SyntheticSlot& slot : chain) {
      const Block& block = slot.block.block;
      store.OnTick(IntervalFromSlot(block.slot), true, false);
      const uint64_t before = ssz::CompressionCount();
      ASSERT_FALSE(store.OnBlock(slot.block));
      const uint64_t spent = ssz::CompressionCount() - before;
      const uint64_t fewest = FewestCompressions(*store.FindState(block.parent_root), block,
                                                 *store.FindState(HashTreeRoot(block)));
      EXPECT_GE(spent, fewest) << "the bound is none";
      EXPECT_LE(10 * spent, 12 * fewest) << "slot " << block.slot;
      ASSERT_FALSE(store.OnGossipAggregatedAttestation(slot.votes));
    }
  }
}

}  // namespace
}  // namespace heddle::chain
