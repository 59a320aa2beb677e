// Merging votes into proofs (leanSpec, forks/lstar/aggregation.py, containers/aggregation.py).
#ifndef HEDDLE_SRC_CHAIN_AGGREGATION_H_
#define HEDDLE_SRC_CHAIN_AGGREGATION_H_

#include <vector>

#include "src/chain/containers.h"

namespace heddle::chain {

// What goes into one single-message proof. Points at what the caller holds for the call.
struct ProofInputs {
  struct RawSignature {
    const PublicKeyBytes* public_key;
    const Signature* signature;
  };
  struct Child {
    std::vector<const PublicKeyBytes*> public_keys;  // Of its participants, in index order.
    const ByteList512KiB* proof;
  };
  std::vector<RawSignature> raw;
  std::vector<Child> children;
  Root message;
  Slot slot = 0;
};

// Makes the bytes of proofs. Called by the store on the thread that calls the store.
class AggregationProver {
 public:
  virtual ~AggregationProver() = default;
  virtual ByteList512KiB AggregateSingleMessage(const ProofInputs& inputs) = 0;
};

// Stands in for the real prover: a fixed prefix and a digest of the inputs, so that equal inputs
// give equal proofs and distinct inputs distinct ones. Byte for byte what the specification's
// mocked prover gives (consensus_testing/crypto_mode.py). Stateless.
class PlaceholderProver : public AggregationProver {
 public:
  // What every placeholder begins with.
  static std::vector<uint8_t> Prefix();

  ByteList512KiB AggregateSingleMessage(const ProofInputs& inputs) override;
};

// One vote's proofs, chosen for coverage.
struct ProofSelection {
  std::vector<const SingleMessageAggregate*> proofs;  // In the order they were chosen.
  ssz::Bits covered;                                  // Union of their participants.
};

// Picks, again and again, the proof that adds the most validators; of several, the one with the
// greatest encoding. The first pool is used up before the second is looked at. Either may be null.
// The pointers are into the pools.
ProofSelection SelectProofsForCoverage(const std::vector<SingleMessageAggregate>* priority_pool,
                                       const std::vector<SingleMessageAggregate>* fallback_pool);

// A raw signature and whose it is.
struct AttestationSignature {
  ValidatorIndex validator_index = 0;
  Signature signature;
  friend bool operator==(const AttestationSignature&, const AttestationSignature&) = default;
};

// One proof of the vote `data` over the union of the children's participants and the raw signers.
// All of them are in the registry, and there is at least one.
SingleMessageAggregate AggregateProofs(AggregationProver* prover, const Validators& validators,
                                       const AttestationData& data,
                                       const std::vector<const SingleMessageAggregate*>& children,
                                       const std::vector<const AttestationSignature*>& raw);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_AGGREGATION_H_
