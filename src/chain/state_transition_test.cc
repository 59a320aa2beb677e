#include "src/chain/state_transition.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/genesis.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

State Genesis(uint64_t validators = 4) {
  return GenerateGenesis(/*genesis_time=*/0, SyntheticValidators(validators));
}

// An empty block at `slot` on `state` that is right but for its state root.
Block EmptyBlock(const State& state, Slot slot) {
  State advanced = state;
  EXPECT_FALSE(ProcessSlots(&advanced, slot));
  Block block;
  block.slot = slot;
  block.proposer_index = *ProposerForSlot(slot, state.validators.size());
  block.parent_root = HashTreeRoot(advanced.latest_block_header);
  return block;
}

// The same, with the state root it needs.
Block ValidBlock(const State& state, Slot slot, AggregatedAttestations attestations = {}) {
  Block block = EmptyBlock(state, slot);
  block.body.attestations = std::move(attestations);
  State post = state;
  EXPECT_FALSE(ProcessSlots(&post, slot));
  EXPECT_FALSE(ProcessBlock(&post, block));
  block.state_root = HashTreeRoot(post);
  return block;
}

Verdict Apply(const Block& block, State* state) {
  Result<State> post = StateTransition(*state, block, HashBlock(block));
  if (!post.ok()) return post.rejection();
  *state = std::move(*post);
  return kAccepted;
}

// A chain of empty blocks at slots 1 to `slots`.
State ChainOf(Slot slots, uint64_t validators = 4) {
  State state = Genesis(validators);
  for (Slot slot = 1; slot <= slots; ++slot) EXPECT_FALSE(Apply(ValidBlock(state, slot), &state));
  return state;
}

AggregatedAttestation Vote(const State& state, Slot source, Slot target,
                           const std::vector<ValidatorIndex>& voters) {
  const auto checkpoint = [&](Slot slot) {
    return Checkpoint{state.historical_block_hashes[slot], slot};
  };
  return {*AggregationBitsFromIndices(voters),
          {state.slot, checkpoint(target), checkpoint(target), checkpoint(source)}};
}

TEST(StateTransition, RefusesEachPartOfAWrongBlock) {
  const State state = ChainOf(2);
  const Block good = ValidBlock(state, 4);
  State next = state;
  EXPECT_EQ(Apply(good, &next), kAccepted);
  EXPECT_EQ(next.historical_block_hashes.size(), 4u);
  EXPECT_TRUE(next.historical_block_hashes[3].IsZero()) << "slot 3 had no block";

  const auto refusal = [&](auto&& change) {
    Block bad = good;
    change(&bad);
    State unused = state;
    return Apply(bad, &unused);
  };
  EXPECT_EQ(refusal([](Block* block) { block->slot = 2; }), Rejection::kBlockSlotNotInFuture);
  EXPECT_EQ(refusal([](Block* block) { block->slot = 0; }), Rejection::kBlockSlotNotInFuture);
  EXPECT_EQ(refusal([](Block* block) { block->slot = 5; }), Rejection::kWrongProposer);
  EXPECT_EQ(refusal([](Block* block) { block->proposer_index = 1; }), Rejection::kWrongProposer);
  EXPECT_EQ(refusal([](Block* block) { block->parent_root = {}; }), Rejection::kParentRootMismatch);
  EXPECT_EQ(refusal([](Block* block) { block->state_root = {}; }), Rejection::kStateRootMismatch);
}

TEST(StateTransition, RefusesAnEmptyRegistry) {
  State state = Genesis(0);
  Block block;
  block.slot = 1;
  EXPECT_EQ(Apply(block, &state), Rejection::kEmptyValidatorRegistry);
}

// The history has room for kHistoricalRootsLimit slots. What is beyond ends at once, not after
// counting to it.
TEST(StateTransition, RefusesSlotsPastTheHistorysLimit) {
  const State genesis = Genesis();
  State state = genesis;
  EXPECT_EQ(Apply(ValidBlock(genesis, kHistoricalRootsLimit), &state), kAccepted);
  EXPECT_EQ(state.historical_block_hashes.size(), kHistoricalRootsLimit);
  EXPECT_EQ(Apply(EmptyBlock(state, kHistoricalRootsLimit + 1), &state),
            Rejection::kStateLimitExceeded);
  for (const Slot slot : {kHistoricalRootsLimit + 1, Slot{1} << 40, UINT64_MAX}) {
    state = genesis;
    EXPECT_EQ(Apply(EmptyBlock(genesis, slot), &state), Rejection::kStateLimitExceeded) << slot;
  }
}

TEST(StateTransition, JustifiesWithTwoThirdsAndFinalizes) {
  State state = ChainOf(2, 3);
  // One of three is not enough; the vote is kept.
  EXPECT_FALSE(Apply(ValidBlock(state, 3, {{Vote(state, 0, 1, {0})}}), &state));
  EXPECT_EQ(state.latest_justified.slot, 0u);
  EXPECT_EQ(state.justifications_roots.size(), 1u);
  EXPECT_EQ(state.justifications_validators.bits().Ones(), (std::vector<uint64_t>{0}));
  // The second makes two thirds. The vote from slot 1 on to slot 2 then finalizes slot 1.
  EXPECT_FALSE(
      Apply(ValidBlock(state, 4, {{Vote(state, 0, 1, {2}), Vote(state, 1, 2, {0, 1})}}), &state));
  EXPECT_EQ(state.latest_justified.slot, 2u);
  EXPECT_EQ(state.latest_finalized.slot, 1u);
  EXPECT_TRUE(state.justifications_roots.empty());
  // The flags start behind the finalized slot: slots 2 and 3.
  EXPECT_EQ(state.justified_slots.bits(), ssz::Bits::FromBytes({1}, 2));
}

TEST(StateTransition, CountsDistinctDataOnly) {
  const State state = ChainOf(2);
  AggregatedAttestations attestations;
  for (Slot slot = 0; slot < kMaxAttestationsData; ++slot) {
    attestations.elements.push_back(Vote(state, 0, 1, {0}));
    attestations.elements.back().data.slot = slot;
  }
  attestations.elements.push_back(attestations[0]);
  State post = state;
  EXPECT_EQ(ProcessAttestations(&post, attestations), kAccepted);
  attestations.elements.back().data.slot = kMaxAttestationsData;
  EXPECT_EQ(ProcessAttestations(&post, attestations), Rejection::kTooManyAttestationData);
}

TEST(ProcessAttestations, RefusesBitsThatNameNobody) {
  const State state = ChainOf(2);
  AggregatedAttestation vote = Vote(state, 0, 1, {0});
  State post = state;
  vote.aggregation_bits.bits = ssz::Bits(3);
  EXPECT_EQ(ProcessAttestations(&post, {{vote}}), Rejection::kEmptyAggregationBits);
  vote.aggregation_bits = *AggregationBitsFromIndices({4});
  EXPECT_EQ(ProcessAttestations(&post, {{vote}}), Rejection::kValidatorIndexOutOfRange);
  // A vote that is filtered out is not looked at.
  vote.data.target.root = kZeroRoot;
  EXPECT_EQ(ProcessAttestations(&post, {{vote}}), kAccepted);
  vote.data.source.slot = UINT64_MAX;
  EXPECT_EQ(ProcessAttestations(&post, {{vote}}), Rejection::kJustifiedSlotOutOfRange);
}

TEST(ProcessAttestations, RefusesAStateThatContradictsItself) {
  const State state = ChainOf(3);
  const AggregatedAttestations none;

  State post = state;
  post.justifications_roots.Append(state.historical_block_hashes[1]);
  EXPECT_EQ(ProcessAttestations(&post, none), Rejection::kMalformedState) << "no bits for the root";
  post.justifications_validators.Mutable().Resize(4);
  EXPECT_EQ(ProcessAttestations(&post, none), kAccepted);
  post.justifications_validators.Mutable().Resize(5);
  EXPECT_EQ(ProcessAttestations(&post, none), Rejection::kMalformedState);

  post = state;
  post.justifications_roots.Append(kZeroRoot);
  post.justifications_validators.Mutable().Resize(4);
  EXPECT_EQ(ProcessAttestations(&post, none), Rejection::kMalformedState) << "a zero root";

  // A pending root that is not in the history is noticed when its slot is needed.
  post = state;
  post.justifications_roots.Append(Root{{0xff}});
  post.justifications_validators.Mutable().Resize(4);
  EXPECT_EQ(ProcessAttestations(&post, none), kAccepted);
  EXPECT_EQ(ProcessAttestations(&post, {{Vote(state, 0, 1, {0, 1, 2})}}), kAccepted);
  EXPECT_EQ(post.latest_justified.slot, 1u);
  EXPECT_EQ(ProcessAttestations(&post, {{Vote(state, 1, 2, {0, 1, 2})}}),
            Rejection::kMalformedState);
}

TEST(ProcessAttestations, SortsWhatIsPending) {
  const State state = ChainOf(4);
  std::vector<Root> roots = {state.historical_block_hashes[1], state.historical_block_hashes[2]};
  std::sort(roots.rbegin(), roots.rend());
  State post = state;
  post.justifications_roots = JustificationRoots(roots);
  post.justifications_validators = JustificationValidators(ssz::Bits::FromBytes({0x21}, 8));
  EXPECT_EQ(ProcessAttestations(&post, {}), kAccepted);
  std::reverse(roots.begin(), roots.end());
  EXPECT_EQ(post.justifications_roots, JustificationRoots(roots));
  EXPECT_EQ(post.justifications_validators.bits(), ssz::Bits::FromBytes({0x12}, 8));
}

TEST(IsSlotJustified, KnowsItsRange) {
  const ssz::Bits flags = ssz::Bits::FromBytes({0b101}, 3);  // Slots 11 to 13.
  EXPECT_TRUE(*IsSlotJustified(flags, 10, 0));
  EXPECT_TRUE(*IsSlotJustified(flags, 10, 10));
  EXPECT_TRUE(*IsSlotJustified(flags, 10, 11));
  EXPECT_FALSE(*IsSlotJustified(flags, 10, 12));
  EXPECT_TRUE(*IsSlotJustified(flags, 10, 13));
  for (const Slot slot : {Slot{14}, UINT64_MAX}) {
    const Result<bool> past_the_end = IsSlotJustified(flags, 10, slot);
    ASSERT_FALSE(past_the_end.ok());
    EXPECT_EQ(past_the_end.rejection(), Rejection::kJustifiedSlotOutOfRange);
  }
}

// The root remembered for a block's header must not outlive the header.
TEST(LatestHeaderRoot, FollowsTheHeader) {
  State state = ChainOf(3);
  ASSERT_FALSE(ProcessSlots(&state, 4));
  EXPECT_EQ(LatestHeaderRoot(state), HashTreeRoot(state.latest_block_header));
  state.latest_block_header.proposer_index += 1;
  EXPECT_EQ(LatestHeaderRoot(state), HashTreeRoot(state.latest_block_header));
}

}  // namespace
}  // namespace heddle::chain
