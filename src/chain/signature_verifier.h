// Signature checks stand behind one interface.
#ifndef HEDDLE_SRC_CHAIN_SIGNATURE_VERIFIER_H_
#define HEDDLE_SRC_CHAIN_SIGNATURE_VERIFIER_H_

#include "src/chain/containers.h"

namespace heddle::chain {

// Decides whether signatures and proofs are good.
//
// The store calls it with arguments that are within bounds: every index and every set bit names a
// validator of the registry, and every aggregate has at least one. A verifier does not touch the
// store, and the store calls it from whichever thread calls the store.
class SignatureVerifier {
 public:
  virtual ~SignatureVerifier() = default;

  // The signature of one vote. Message: HashTreeRoot(vote.data), slot: vote.data.slot, key: the
  // validator's attestation key.
  virtual bool VerifyAttestation(const Validators& validators, const SignedAttestation& vote) = 0;

  // The proof of a shared vote. Same message and slot; keys: the participants' attestation keys, in
  // index order.
  virtual bool VerifyAggregate(const Validators& validators,
                               const SignedAggregatedAttestation& vote) = 0;

  // The proof of a block. Its components are one for each attestation of the body, in order (bound
  // as in VerifyAggregate), then the proposer's: key: the proposal key, message: `block_root`,
  // slot: the block's.
  virtual bool VerifyBlock(const Validators& validators, const SignedBlock& block,
                           const Root& block_root) = 0;
};

// Whether a signature is all zeros: no hash-based signature is, so it stands for one that is not
// there.
bool IsPlaceholder(const Signature& signature);

// Checks form, not cryptography: the keys involved decode, and there is a signature or a proof at
// all.
// Stateless, so one object serves any number of threads.
class StructuralVerifier : public SignatureVerifier {
 public:
  bool VerifyAttestation(const Validators& validators, const SignedAttestation& vote) override;
  bool VerifyAggregate(const Validators& validators,
                       const SignedAggregatedAttestation& vote) override;
  bool VerifyBlock(const Validators& validators, const SignedBlock& block,
                   const Root& block_root) override;
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_SIGNATURE_VERIFIER_H_
