// Starting from a state that someone else has finalized (leanSpec, node/sync/checkpoint_sync.py).
#ifndef HEDDLE_SRC_CHAIN_CHECKPOINT_SYNC_H_
#define HEDDLE_SRC_CHAIN_CHECKPOINT_SYNC_H_

#include "src/chain/containers.h"

namespace heddle::chain {

// Whether a downloaded state can be the anchor of a store: it has validators, and not more than a
// registry holds.
inline bool VerifyCheckpointState(const State& state) {
  return !state.validators.empty() && state.validators.size() <= kValidatorRegistryLimit;
}

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_CHECKPOINT_SYNC_H_
