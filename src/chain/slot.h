// Slots and intervals (leanSpec, forks/lstar/slot.py, containers/interval.py,
// containers/identifiers.py). Pure functions.
#ifndef HEDDLE_SRC_CHAIN_SLOT_H_
#define HEDDLE_SRC_CHAIN_SLOT_H_

#include <cstdint>
#include <optional>

#include "src/chain/config.h"

namespace heddle::chain {

using Slot = uint64_t;            // Slots since genesis.
using Interval = uint64_t;        // Intervals since genesis, kIntervalsPerSlot to a slot.
using ValidatorIndex = uint64_t;  // Position in the validator registry.
using SubnetId = uint64_t;

// Slots this close behind the finalized one are always justifiable.
inline constexpr uint64_t kImmediateJustificationWindow = 5;

// Position of `slot` in the justified-slots bitlist, which begins behind the finalized slot.
// Nothing for slots at or before it: those are justified.
constexpr std::optional<uint64_t> JustifiedIndexAfter(Slot slot, Slot finalized_slot) {
  if (slot <= finalized_slot) return std::nullopt;
  return slot - finalized_slot - 1;
}

// 3SF-mini: a slot may be justified when its distance from the finalized slot is at most
// kImmediateJustificationWindow, a perfect square, or pronic (n * (n + 1)).
// `slot` must not be before `finalized_slot`.
bool IsJustifiableAfter(Slot slot, Slot finalized_slot);

// First interval of a slot. Wraps past slot 2^64 / kIntervalsPerSlot.
constexpr Interval IntervalFromSlot(Slot slot) { return slot * kIntervalsPerSlot; }

// Round-robin proposer of a slot. Nothing when the registry is empty.
constexpr std::optional<ValidatorIndex> ProposerForSlot(Slot slot, uint64_t num_validators) {
  if (num_validators == 0) return std::nullopt;
  return slot % num_validators;
}

// Attestation subnet of a validator. num_committees > 0.
constexpr SubnetId ComputeSubnetId(ValidatorIndex index, uint64_t num_committees) {
  return index % num_committees;
}

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_SLOT_H_
