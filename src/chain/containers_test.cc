#include "src/chain/containers.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/genesis.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

Root UncachedRoot(const State& state) {
  const absl::StatusOr<State> fresh = ssz::Decode<State>(Encode(state));
  ssz::Sha256Pairs pairs;
  return ssz::ContainerRoot(*fresh, pairs);
}

Root SomeRoot(uint8_t first) { return Root{{first, 1, 2, 3}}; }

TEST(AttestationData, LiesOnChainByRootAndSlot) {
  const HistoricalBlockHashes hashes(
      std::vector<Root>{SomeRoot(1), SomeRoot(2), kZeroRoot, SomeRoot(4)});
  const AttestationData on_chain{5, {SomeRoot(4), 3}, {SomeRoot(2), 1}, {SomeRoot(1), 0}};
  EXPECT_TRUE(on_chain.LiesOnChain(hashes));
  for (Checkpoint AttestationData::*which :
       {&AttestationData::head, &AttestationData::target, &AttestationData::source}) {
    AttestationData off_chain = on_chain;
    (off_chain.*which).root = SomeRoot(9);
    EXPECT_FALSE(off_chain.LiesOnChain(hashes)) << "another root";
    off_chain.*which = {kZeroRoot, 2};
    EXPECT_FALSE(off_chain.LiesOnChain(hashes)) << "an empty slot is zero, yet no block";
    off_chain.*which = {SomeRoot(4), 4};
    EXPECT_FALSE(off_chain.LiesOnChain(hashes)) << "past the end";
    off_chain.*which = {SomeRoot(4), UINT64_MAX};
    EXPECT_FALSE(off_chain.LiesOnChain(hashes)) << "far past the end";
  }
}

TEST(AggregationBits, AreAsLongAsTheHighestIndex) {
  const auto bits = AggregationBitsFromIndices({5, 2, 2});
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->bits.size(), 6u);
  EXPECT_EQ(ToValidatorIndices(*bits), (std::vector<ValidatorIndex>{2, 5}));
  EXPECT_FALSE(AggregationBitsFromIndices({}));
  EXPECT_TRUE(AggregationBitsFromIndices({kValidatorRegistryLimit - 1}));
  EXPECT_FALSE(AggregationBitsFromIndices({kValidatorRegistryLimit}));
}

TEST(Validators, IndicesMustBePositions) {
  const Validators validators = SyntheticValidators(3);
  EXPECT_TRUE(ssz::Decode<Validators>(Encode(validators)).ok());
  std::vector<Validator> wrong = validators.elements();
  wrong[2].index = 1;
  const auto decoded = ssz::Decode<Validators>(Encode(Validators(wrong)));
  EXPECT_EQ(decoded.status().message(), "[2].index: expected the position, got 1");
}

TEST(Signature, HasTheSchemesSize) {
  EXPECT_EQ(ssz::Codec<Signature>::kLength, 424u);
  EXPECT_EQ(ssz::Codec<BasicXmss<ProductionScheme>::Signature>::kLength, 2536u);
  EXPECT_EQ(ssz::Codec<SignedAttestation>::kLength, 8u + 128u + 424u);
  const Signature signature = SignedVote({}, 0).signature;
  std::vector<uint8_t> bytes = Encode(signature);
  EXPECT_EQ(bytes.size(), 424u);
  EXPECT_TRUE(ssz::Decode<Signature>(bytes).ok());
  // One digest moved from the path to the hashes: the same size, another shape.
  bytes[32] = static_cast<uint8_t>(bytes[32] - 32);
  EXPECT_EQ(ssz::Decode<Signature>(bytes).status().message(),
            "a list's length is not the scheme's");
}

TEST(PublicKey, IsCheckedLikeItIsDecoded) {
  PublicKeyBytes key;
  EXPECT_TRUE(IsPublicKey(key));
  for (size_t at = 0; at < kPublicKeyLength; at += 4) {
    for (const uint32_t element :
         {FieldElement::kModulus - 1, FieldElement::kModulus, UINT32_MAX}) {
      key = {};
      std::memcpy(key.data() + at, &element, 4);
      EXPECT_EQ(IsPublicKey(key), ssz::Decode<PublicKey>(key.bytes).ok());
      EXPECT_EQ(IsPublicKey(key), element < FieldElement::kModulus);
    }
  }
}

TEST(BlockHash, IsTheBlocksRoot) {
  const Block block = SyntheticChain(4, 3).back().block.block;
  const BlockHash hash = HashBlock(block);
  EXPECT_EQ(hash.root, HashTreeRoot(block));
  EXPECT_EQ(hash.root, HashTreeRoot(hash.header));
}

// The cached root against the definition, over random changes to a state and to its copies.
TEST(State, CachedRootIsTheRoot) {
  constexpr uint32_t kSeed = 6;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  std::vector<State> states = {GenerateGenesis(7, SyntheticValidators(3))};
  for (int step = 0; step < 600; ++step) {
    State state = states[random() % states.size()];
    switch (random() % 9) {
      case 0:
        state.slot = random() % 4;
        break;
      case 1:
        state.latest_block_header.state_root = SomeRoot(static_cast<uint8_t>(random() % 4));
        break;
      case 2:
        state.latest_block_header.proposer_index = random() % 4;
        break;
      case 3:
        state.latest_justified = {SomeRoot(static_cast<uint8_t>(random() % 4)), random() % 4};
        break;
      case 4:
        state.latest_finalized.slot = random() % 4;
        break;
      case 5:
        state.historical_block_hashes.Append(SomeRoot(static_cast<uint8_t>(random())));
        state.historical_block_hashes.AppendZeros(random() % 3);
        break;
      case 6:
        state.justified_slots.Mutable().Resize(state.justified_slots.size() + random() % 300);
        state.justified_slots.Mutable().PushBack(true);
        break;
      case 7: {
        std::vector<Root> roots = state.justifications_roots.ToVector();
        roots.insert(roots.begin() + static_cast<long>(random() % (roots.size() + 1)),
                     SomeRoot(static_cast<uint8_t>(random())));
        state.justifications_roots.Assign(roots);
        break;
      }
      case 8:
        state.justifications_validators.Mutable().DropFront(random() % 40);
        state.justifications_validators.Mutable().Resize(random() % 900);
        break;
    }
    ASSERT_EQ(HashTreeRoot(state), UncachedRoot(state));
    if (states.size() < 8) {
      states.push_back(state);
    } else {
      states[random() % states.size()] = state;
    }
  }
}

// --- Random bytes ---

// Decoding what has been tampered with fails, or gives a value whose one encoding that is.
template <class T>
void MutateAndDecode(const T& value, uint32_t seed, int rounds) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::vector<uint8_t> original = Encode(value);
  int decoded_count = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<uint8_t> bytes = original;
    for (uint32_t i = 0; i <= random() % 3; ++i) {
      const size_t at = bytes.empty() ? 0 : random() % bytes.size();
      switch (random() % 5) {
        case 0:
          if (!bytes.empty()) bytes[at] ^= static_cast<uint8_t>(1u << (random() % 8));
          break;
        case 1:
          if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(random());
          break;
        case 2:
          bytes.resize(at);
          break;
        case 3:
          bytes.insert(bytes.begin() + static_cast<long>(at), static_cast<uint8_t>(random()));
          break;
        case 4:  // An offset, or something like one.
          if (bytes.size() >= at + 4) {
            const uint32_t offset = random() % 2 == 0 ? random() : random() % 512;
            std::memcpy(bytes.data() + at, &offset, 4);
          }
          break;
      }
    }
    const absl::StatusOr<T> decoded = ssz::Decode<T>(bytes);
    if (!decoded.ok()) {
      ASSERT_FALSE(decoded.status().message().empty());
      continue;
    }
    ++decoded_count;
    ASSERT_EQ(Encode(*decoded), bytes);
  }
  EXPECT_GT(decoded_count, 0) << "the mutations never hit anything that still decodes";
}

TEST(Decode, SurvivesTampering) {
  const std::vector<SyntheticSlot> chain = SyntheticChain(4, 6);
  MutateAndDecode(chain.back().block, 1, 20000);
  MutateAndDecode(chain.back().votes, 2, 20000);
  MutateAndDecode(SignedVote(chain.back().votes.data, 3), 3, 20000);
  Store store = GenesisStore(4);
  for (const SyntheticSlot& slot : chain) ASSERT_FALSE(Deliver(slot, &store));
  MutateAndDecode(*store.FindState(store.head()), 4, 5000);
}

}  // namespace
}  // namespace heddle::chain
