#include "src/chain/genesis.h"

#include <utility>
#include <vector>

namespace heddle::chain {

Validators MakeValidators(std::span<const ValidatorKeys> keys) {
  std::vector<Validator> validators;
  validators.reserve(keys.size());
  for (const auto& [attestation_key, proposal_key] : keys) {
    validators.push_back({attestation_key, proposal_key, validators.size()});
  }
  return Validators(std::move(validators));
}

State GenerateGenesis(uint64_t genesis_time, Validators validators) {
  State state;
  state.config.genesis_time = genesis_time;
  state.latest_block_header.body_root = HashTreeRoot(BlockBody{});
  state.validators = std::move(validators);
  return state;
}

Block AnchorBlock(const State& state) {
  const BlockHeader& header = state.latest_block_header;
  return {header.slot, header.proposer_index, header.parent_root, HashTreeRoot(state), {}};
}

}  // namespace heddle::chain
