// Constants of the chain (leanSpec, forks/lstar/config.py).
#ifndef HEDDLE_SRC_CHAIN_CONFIG_H_
#define HEDDLE_SRC_CHAIN_CONFIG_H_

#include <cstdint>

namespace heddle::chain {

inline constexpr uint64_t kIntervalsPerSlot = 5;
// A vote may be this many intervals ahead of the store's clock.
inline constexpr uint64_t kGossipDisparityIntervals = 1;
inline constexpr uint64_t kSecondsPerSlot = 4;
inline constexpr uint64_t kMillisecondsPerSlot = kSecondsPerSlot * 1000;
inline constexpr uint64_t kMillisecondsPerInterval = kMillisecondsPerSlot / kIntervalsPerSlot;
inline constexpr uint64_t kJustificationLookbackSlots = 3;
// Longest history a state can hold, in slots: about 12.1 days.
inline constexpr uint64_t kHistoricalRootsLimit = uint64_t{1} << 18;
inline constexpr uint64_t kAttestationCommitteeCount = 1;
inline constexpr uint64_t kValidatorRegistryLimit = uint64_t{1} << 12;
// Distinct attestation data entries a block may carry.
inline constexpr uint64_t kMaxAttestationsData = 8;

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_CONFIG_H_
