// A test's way to a store's inner steps. No other code includes this.
#ifndef HEDDLE_SRC_CHAIN_TESTING_STORE_PEER_H_
#define HEDDLE_SRC_CHAIN_TESTING_STORE_PEER_H_

#include <vector>

#include "src/chain/store.h"

namespace heddle::chain {

class StorePeer {
 public:
  static std::vector<SignedAggregatedAttestation> Aggregate(Store* store) {
    return store->Aggregate();
  }
  static void AcceptNewAttestations(Store* store) { store->AcceptNewAttestations(); }

  // Counts a vote with its proofs at once, without its having waited.
  static void AddKnownPayload(const AggregatedPool::Entry& entry, Store* store) {
    for (const SingleMessageAggregate& proof : entry.votes) {
      store->view_.known_aggregated_payloads.Add(entry.data, proof);
    }
  }
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_TESTING_STORE_PEER_H_
