#include "src/chain/signature_verifier.h"

#include <vector>

#include "gtest/gtest.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

// A registry in which the keys of `broken` do not decode.
Validators WithBrokenKeys(ValidatorIndex broken, bool attestation_key) {
  std::vector<Validator> validators = SyntheticValidators(4).elements();
  PublicKeyBytes& key = attestation_key ? validators[broken].attestation_public_key
                                        : validators[broken].proposal_public_key;
  key.bytes.fill(0xff);
  return Validators(validators);
}

TEST(StructuralVerifier, Attestations) {
  StructuralVerifier verifier;
  const SignedAttestation vote = SignedVote({}, 2);
  EXPECT_TRUE(verifier.VerifyAttestation(SyntheticValidators(4), vote));
  EXPECT_TRUE(verifier.VerifyAttestation(WithBrokenKeys(1, true), vote));
  EXPECT_FALSE(verifier.VerifyAttestation(WithBrokenKeys(2, true), vote));
  EXPECT_TRUE(verifier.VerifyAttestation(WithBrokenKeys(2, false), vote));

  SignedAttestation placeholder = vote;
  placeholder.signature.rho[0].value = 0;
  EXPECT_TRUE(IsPlaceholder(placeholder.signature));
  EXPECT_FALSE(verifier.VerifyAttestation(SyntheticValidators(4), placeholder));
  placeholder.signature.hashes[3][7].value = 1;
  EXPECT_FALSE(IsPlaceholder(placeholder.signature));
  placeholder.signature.hashes[3][7].value = 0;
  placeholder.signature.path.siblings[0][0].value = 1;
  EXPECT_FALSE(IsPlaceholder(placeholder.signature));
}

TEST(StructuralVerifier, Aggregates) {
  StructuralVerifier verifier;
  SignedAggregatedAttestation vote = AggregateOf({}, {0, 2});
  EXPECT_TRUE(verifier.VerifyAggregate(SyntheticValidators(4), vote));
  EXPECT_TRUE(verifier.VerifyAggregate(WithBrokenKeys(1, true), vote));
  EXPECT_FALSE(verifier.VerifyAggregate(WithBrokenKeys(2, true), vote));
  vote.proof.proof.bytes.clear();
  EXPECT_FALSE(verifier.VerifyAggregate(SyntheticValidators(4), vote));
}

TEST(StructuralVerifier, Blocks) {
  StructuralVerifier verifier;
  SignedBlock block = Sign({});
  block.block.proposer_index = 3;
  block.block.body.attestations.elements = {{*AggregationBitsFromIndices({1}), {}}};
  const Root root = HashTreeRoot(block.block);
  EXPECT_TRUE(verifier.VerifyBlock(SyntheticValidators(4), block, root));
  EXPECT_FALSE(verifier.VerifyBlock(WithBrokenKeys(1, true), block, root));
  EXPECT_TRUE(verifier.VerifyBlock(WithBrokenKeys(1, false), block, root));
  EXPECT_FALSE(verifier.VerifyBlock(WithBrokenKeys(3, false), block, root));
  EXPECT_TRUE(verifier.VerifyBlock(WithBrokenKeys(3, true), block, root));
  block.proof.proof.bytes.clear();
  EXPECT_FALSE(verifier.VerifyBlock(SyntheticValidators(4), block, root));
}

}  // namespace
}  // namespace heddle::chain
