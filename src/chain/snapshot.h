// What can be observed of a fork-choice store, in canonical order (leanSpec,
// consensus_testing/test_types/store_snapshot.py). Two stores that behave alike have equal
// snapshots.
#ifndef HEDDLE_SRC_CHAIN_SNAPSHOT_H_
#define HEDDLE_SRC_CHAIN_SNAPSHOT_H_

#include <cstdint>
#include <vector>

#include "src/chain/containers.h"

namespace heddle::chain {

struct BlockWeight {
  Root root;
  uint64_t weight = 0;  // Latest votes for the block or a descendant.
  friend bool operator==(const BlockWeight&, const BlockWeight&) = default;
};

// Whose signatures of one vote the store holds.
struct SignaturePoolSnapshot {
  Root data_root;
  std::vector<ValidatorIndex> validator_indices;  // Ascending.
  friend bool operator==(const SignaturePoolSnapshot&, const SignaturePoolSnapshot&) = default;
};

// Whom the proofs of one vote cover.
struct AggregatedPoolSnapshot {
  Root data_root;
  // One ascending list for each proof, the lists in lexicographic order.
  std::vector<std::vector<ValidatorIndex>> participant_sets;
  friend bool operator==(const AggregatedPoolSnapshot&, const AggregatedPoolSnapshot&) = default;
};

struct Snapshot {
  Interval time = 0;
  Root head_root;
  Root safe_target_root;
  Checkpoint latest_justified;
  Checkpoint latest_finalized;
  std::vector<Root> block_roots;           // Ascending.
  std::vector<BlockWeight> block_weights;  // Blocks above the finalized slot, ascending by root.
  std::vector<SignaturePoolSnapshot> attestation_signatures;      // Ascending by data root.
  std::vector<AggregatedPoolSnapshot> new_aggregated_payloads;    // Ascending by data root.
  std::vector<AggregatedPoolSnapshot> known_aggregated_payloads;  // Ascending by data root.
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_SNAPSHOT_H_
