#include "src/chain/signature_verifier.h"

#include <algorithm>

namespace heddle::chain {
namespace {

bool AttestationKeysDecode(const Validators& validators, const AggregationBits& participants) {
  bool decode = true;
  participants.bits.ForEachOne([&](ValidatorIndex index) {
    decode = decode && IsPublicKey(validators[index].attestation_public_key);
  });
  return decode;
}

bool IsZero(const auto& field_elements) {
  return std::all_of(field_elements.begin(), field_elements.end(),
                     [](FieldElement element) { return element.value == 0; });
}

}  // namespace

bool IsPlaceholder(const Signature& signature) {
  return IsZero(signature.rho) &&
         std::all_of(signature.path.siblings.begin(), signature.path.siblings.end(),
                     [](const HashDigest& digest) { return IsZero(digest); }) &&
         std::all_of(signature.hashes.begin(), signature.hashes.end(),
                     [](const HashDigest& digest) { return IsZero(digest); });
}

bool StructuralVerifier::VerifyAttestation(const Validators& validators,
                                           const SignedAttestation& vote) {
  return IsPublicKey(validators[vote.validator_index].attestation_public_key) &&
         !IsPlaceholder(vote.signature);
}

bool StructuralVerifier::VerifyAggregate(const Validators& validators,
                                         const SignedAggregatedAttestation& vote) {
  return !vote.proof.proof.bytes.empty() &&
         AttestationKeysDecode(validators, vote.proof.participants);
}

bool StructuralVerifier::VerifyBlock(const Validators& validators, const SignedBlock& signed_block,
                                     const Root&) {
  const Block& block = signed_block.block;
  return !signed_block.proof.proof.bytes.empty() &&
         std::all_of(block.body.attestations.begin(), block.body.attestations.end(),
                     [&](const AggregatedAttestation& attestation) {
                       return AttestationKeysDecode(validators, attestation.aggregation_bits);
                     }) &&
         IsPublicKey(validators[block.proposer_index].proposal_public_key);
}

}  // namespace heddle::chain
