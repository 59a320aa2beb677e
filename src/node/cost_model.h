// What a signature check costs, without the cryptography.
#ifndef HEDDLE_SRC_NODE_COST_MODEL_H_
#define HEDDLE_SRC_NODE_COST_MODEL_H_

#include <cstdint>

#include "src/chain/signature_verifier.h"

namespace heddle::node {

// Judges as the structural verifier does, and spends a configured time for each signature: one for
// a vote, one for an aggregate's proof, one for each component of a block's proof (one an
// attestation of its body, and the proposer's). The time is slept, not burnt, on the thread that
// calls the store: real clients spend most of a callback here, on a pool of other threads.
// Stateless, like the structural one.
class CostModelVerifier : public chain::SignatureVerifier {
 public:
  explicit CostModelVerifier(uint64_t signature_ns) : signature_ns_(signature_ns) {}

  bool VerifyAttestation(const chain::Validators& validators,
                         const chain::SignedAttestation& vote) override;
  bool VerifyAggregate(const chain::Validators& validators,
                       const chain::SignedAggregatedAttestation& vote) override;
  bool VerifyBlock(const chain::Validators& validators, const chain::SignedBlock& block,
                   const chain::Root& block_root) override;

 private:
  void Spend(uint64_t signatures) const;

  const uint64_t signature_ns_;
  chain::StructuralVerifier structural_;
};

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_COST_MODEL_H_
