#include "src/chain/signature_verifier.h"

#include <algorithm>

namespace heddle::chain {
namespace {

bool Decodes(const PublicKeyBytes& key) { return ssz::Decode<PublicKey>(key.bytes).ok(); }

bool AttestationKeysDecode(const Validators& validators, const AggregationBits& participants) {
  const std::vector<ValidatorIndex> indices = ToValidatorIndices(participants);
  return std::all_of(indices.begin(), indices.end(), [&](ValidatorIndex index) {
    return Decodes(validators[index].attestation_public_key);
  });
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
  return Decodes(validators[vote.validator_index].attestation_public_key) &&
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
         Decodes(validators[block.proposer_index].proposal_public_key);
}

}  // namespace heddle::chain
