#include "src/chain/aggregation.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

Root Counting() {
  Root root;
  for (uint8_t i = 0; i < 32; ++i) root.bytes[i] = i;
  return root;
}

PublicKeyBytes Key(const std::string& text, char fill) {
  PublicKeyBytes key;
  key.bytes.fill(static_cast<uint8_t>(fill));
  std::copy(text.begin(), text.end(), key.bytes.begin());
  return key;
}

std::string DigestOf(const ProofInputs& inputs) {
  const ByteList512KiB proof = PlaceholderProver().AggregateSingleMessage(inputs);
  const std::vector<uint8_t> prefix = PlaceholderProver::Prefix();
  EXPECT_EQ(proof.bytes.size(), prefix.size() + 32);
  EXPECT_TRUE(std::equal(prefix.begin(), prefix.end(), proof.bytes.begin()));
  return ssz::ToHex(proof.bytes.data() + prefix.size(), 32);
}

// The digests are Python's: hashlib.sha256(repr(arguments).encode()).
TEST(PlaceholderProver, DigestsWhatPythonWrites) {
  const Validators validators = SyntheticValidators(2);  // Attestation keys 1 and 3.
  const PublicKeyBytes one = validators[0].attestation_public_key;
  const PublicKeyBytes two = validators[0].proposal_public_key;
  const PublicKeyBytes three = validators[1].attestation_public_key;
  const std::vector<Signature> signatures = {
      SignedVote({}, 0).signature, SignedVote({}, 1).signature, SignedVote({}, 2).signature};
  EXPECT_EQ(DigestOf({{{&one, &signatures[0]}}, {}, Counting(), 7}),
            "8e46a90bfdecb6160c9b82e21439e8d533cbb6a67120f05e8733eb8c8c94116a");

  // Quotes, escapes and bytes that are no text.
  const PublicKeyBytes tricky = Key(std::string("'\"\\\t\n\r\0\x1f\x7f\xff a~", 13), 'z');
  const PublicKeyBytes single_quote = Key("it's", 'x');
  const PublicKeyBytes double_quote = Key("say \"", 'x');
  EXPECT_EQ(DigestOf({{{&tricky, &signatures[0]},
                       {&single_quote, &signatures[1]},
                       {&double_quote, &signatures[2]}},
                      {},
                      Counting(),
                      UINT64_MAX}),
            "0bb78d9da8c5154c44d1c443c85be402d4faf1704ee467b870b6152d78ed51d2");

  const ByteList512KiB some{{1, 2}};
  const ByteList512KiB none;
  EXPECT_EQ(DigestOf({{}, {{{&one, &two}, &some}, {{&three}, &none}}, Counting(), 0}),
            "b774f6fa5ae45ec4720fc664944f34c50d63a4a73fcd63149ab89e0786f143a9");
}

SingleMessageAggregate Proof(const std::vector<ValidatorIndex>& voters, uint8_t bytes = 0) {
  return {*AggregationBitsFromIndices(voters), {{bytes}}};
}

using Pool = std::vector<SingleMessageAggregate>;

std::vector<std::vector<ValidatorIndex>> Selected(const Pool* priority, const Pool* fallback) {
  std::vector<std::vector<ValidatorIndex>> selected;
  for (const SingleMessageAggregate* proof : SelectProofsForCoverage(priority, fallback).proofs) {
    selected.push_back(ToValidatorIndices(proof->participants));
  }
  return selected;
}

TEST(SelectProofsForCoverage, TakesWhatAddsMost) {
  const Pool pool = {Proof({0}), Proof({1, 2, 3}), Proof({3, 4}), Proof({2, 3})};
  EXPECT_EQ(Selected(&pool, nullptr),
            (std::vector<std::vector<ValidatorIndex>>{{1, 2, 3}, {3, 4}, {0}}));
  EXPECT_EQ(Selected(nullptr, &pool), Selected(&pool, nullptr));
  EXPECT_TRUE(Selected(nullptr, nullptr).empty());
  EXPECT_EQ(SelectProofsForCoverage(&pool, nullptr).covered.Ones(),
            (std::vector<uint64_t>{0, 1, 2, 3, 4}));
}

TEST(SelectProofsForCoverage, OfEqualOnesTakesTheGreatestEncoding) {
  // Encodings begin with the offset behind the participants, then the participants' bytes.
  const Pool pool = {Proof({0, 2}), Proof({0, 3}), Proof({1, 3}), Proof({0, 1})};
  EXPECT_EQ(Selected(&pool, nullptr), (std::vector<std::vector<ValidatorIndex>>{{1, 3}, {0, 2}}));
  const Pool twins = {Proof({0}, 1), Proof({0}, 3), Proof({0}, 2)};
  EXPECT_EQ(SelectProofsForCoverage(&twins, nullptr).proofs,
            (std::vector<const SingleMessageAggregate*>{&twins[1]}));
  const Pool reversed(twins.rbegin(), twins.rend());
  EXPECT_EQ(SelectProofsForCoverage(&reversed, nullptr).proofs,
            (std::vector<const SingleMessageAggregate*>{&reversed[1]}));
}

TEST(SelectProofsForCoverage, UsesUpThePriorityPoolFirst) {
  const Pool priority = {Proof({0}), Proof({1})};
  const Pool fallback = {Proof({0, 1, 2, 3})};
  EXPECT_EQ(Selected(&priority, &fallback),
            (std::vector<std::vector<ValidatorIndex>>{{1}, {0}, {0, 1, 2, 3}}));
  const Pool covered = {Proof({0, 1})};
  EXPECT_EQ(Selected(&priority, &covered), (std::vector<std::vector<ValidatorIndex>>{{1}, {0}}));
}

TEST(AggregateProofs, CoversTheUnionWithoutTrailingZeros) {
  const Validators validators = SyntheticValidators(8);
  PlaceholderProver prover;
  SingleMessageAggregate child = Proof({2});
  child.participants.bits.Resize(7);  // A longer encoding of the same participants.
  const AttestationSignature raw{4, SignedVote({}, 4).signature};
  const SingleMessageAggregate proof =
      AggregateProofs(&prover, validators, AttestationData{}, {&child}, {&raw});
  EXPECT_EQ(proof.participants, *AggregationBitsFromIndices({2, 4}));
}

}  // namespace
}  // namespace heddle::chain
