// Synthetic chains for tests and benchmarks.
#ifndef HEDDLE_SRC_CHAIN_TESTING_SYNTHETIC_CHAIN_H_
#define HEDDLE_SRC_CHAIN_TESTING_SYNTHETIC_CHAIN_H_

#include <cstdint>
#include <vector>

#include "src/chain/containers.h"
#include "src/chain/store.h"

namespace heddle::chain {

// `count` validators with distinct keys that decode.
Validators SyntheticValidators(uint64_t count);

// A store at the genesis of `count` synthetic validators, with structural checks and placeholder
// proofs. The checkers live as long as the program.
Store GenesisStore(uint64_t count);

// A signed block with a placeholder proof.
SignedBlock Sign(Block block);

// The vote `data`, with a placeholder proof that all of `voters` cast it.
SignedAggregatedAttestation AggregateOf(const AttestationData& data,
                                        const std::vector<ValidatorIndex>& voters);

// A vote with a signature of form, not of substance.
SignedAttestation SignedVote(const AttestationData& data, ValidatorIndex voter);

// What happens in one slot of a healthy network: a block, then everyone's vote for it in one proof.
struct SyntheticSlot {
  SignedBlock block;
  SignedAggregatedAttestation votes;
};

// The first `slots` slots of a network of `validators` validators of which the first `voting_share`
// vote. With less than 2/3 of them nothing is ever justified.
std::vector<SyntheticSlot> SyntheticChain(uint64_t validators, uint64_t slots,
                                          double voting_share = 1.0);

// Brings a slot of the chain to a store at its genesis, after the slots before it: ticks, the
// block, then the votes. EXPECT that all of it is accepted is left to the caller: returns the
// block's verdict, or the votes'.
Verdict Deliver(const SyntheticSlot& slot, Store* store);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_TESTING_SYNTHETIC_CHAIN_H_
