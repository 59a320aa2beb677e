// The state transition: what a block makes of a state (leanSpec, forks/lstar/state_transition.py).
// Pure functions but for the caches inside states (see State).
#ifndef HEDDLE_SRC_CHAIN_STATE_TRANSITION_H_
#define HEDDLE_SRC_CHAIN_STATE_TRANSITION_H_

#include "src/chain/containers.h"
#include "src/chain/rejection.h"

namespace heddle::chain {

// The state after `block` on top of `pre_state`, the state after its parent. Signatures have been
// verified before; the block's state root is verified here. Cost: O(the block's votes and the
// votes pending), and O(log) of the history's length.
// `hash` is HashBlock(block).
Result<State> StateTransition(const State& pre_state, const Block& block, const BlockHash& hash);

// The steps of it. They change *state in place; a refused one leaves it half changed, to be thrown
// away.

// Moves on through empty slots to `target_slot`, which must be in the future.
Verdict ProcessSlots(State* state, Slot target_slot);

// ProcessBlockHeader, then ProcessAttestations.
Verdict ProcessBlock(State* state, const Block& block);

// Checks the block against the state and records it and the slots skipped before it.
// `body_root` is HashTreeRoot(block.body).
Verdict ProcessBlockHeader(State* state, const Block& block, const Root& body_root);

// Counts votes; justifies and finalizes by the rules of 3SF-mini.
Verdict ProcessAttestations(State* state, const AggregatedAttestations& attestations);

// Whether `slot` is justified: finalized, or flagged in `justified_slots`, which starts behind the
// finalized slot. Refuses with kJustifiedSlotOutOfRange past the flags' end.
Result<bool> IsSlotJustified(const ssz::Bits& justified_slots, Slot finalized_slot, Slot slot);

// Makes the flags reach `slot`. New ones are unset. Refuses with kStateLimitExceeded when that is
// further than a state can hold.
Verdict ExtendToSlot(ssz::Bits* justified_slots, Slot finalized_slot, Slot slot);

// The root of the state's latest header, its state root filled in.
Root LatestHeaderRoot(const State& state);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_STATE_TRANSITION_H_
