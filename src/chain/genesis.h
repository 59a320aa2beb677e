// The first state and block of a chain (leanSpec, LstarSpec.generate_genesis).
#ifndef HEDDLE_SRC_CHAIN_GENESIS_H_
#define HEDDLE_SRC_CHAIN_GENESIS_H_

#include <cstdint>
#include <span>
#include <utility>

#include "src/chain/containers.h"

namespace heddle::chain {

// A validator's two public keys: attestation, proposal.
using ValidatorKeys = std::pair<PublicKeyBytes, PublicKeyBytes>;

// The registry of these keys, in this order. At most kValidatorRegistryLimit of them.
Validators MakeValidators(std::span<const ValidatorKeys> keys);

// The state before the first block. genesis_time is in Unix seconds.
State GenerateGenesis(uint64_t genesis_time, Validators validators);

// The block that a state's latest header describes, with an empty body, committing to the state.
// Of a genesis state this is the genesis block: the anchor of a store that starts there.
Block AnchorBlock(const State& state);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_GENESIS_H_
