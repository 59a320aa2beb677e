// Building blocks (leanSpec, forks/lstar/block_production.py).
#ifndef HEDDLE_SRC_CHAIN_BLOCK_PRODUCTION_H_
#define HEDDLE_SRC_CHAIN_BLOCK_PRODUCTION_H_

#include <functional>
#include <vector>

#include "src/chain/containers.h"
#include "src/chain/rejection.h"
#include "src/chain/vote_pool.h"

namespace heddle::chain {

struct BuiltBlock {
  Block block;
  State post_state;
  std::vector<SingleMessageAggregate> proofs;  // One for each attestation of the body.
};

// The block of `proposer_index` at `slot` on top of `pre_state`, the state after the block
// `parent_root`, with the votes of `payloads` that it can carry.
//
// Which votes those are is circular: a vote counts only from a justified source, and votes are what
// justifies sources. So votes are taken in passes, in order of their target slots, until a pass
// justifies and finalizes nothing new. At most kMaxAttestationsData distinct votes are taken, each
// with its proofs merged into one; only votes for heads of which `is_known_block` is true.
Result<BuiltBlock> BuildBlock(const State& pre_state, Slot slot, ValidatorIndex proposer_index,
                              const Root& parent_root,
                              const std::function<bool(const Root&)>& is_known_block,
                              const AggregatedPool& payloads, AggregationProver* prover);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_BLOCK_PRODUCTION_H_
