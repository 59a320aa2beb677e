// The validators of a synthetic network, as one or two groups that each see the same chain.
#ifndef HEDDLE_SIM_TRAFFIC_NETWORK_H_
#define HEDDLE_SIM_TRAFFIC_NETWORK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/protocol/random.h"
#include "sim/trace/trace.h"
#include "src/chain/aggregation.h"
#include "src/chain/containers.h"
#include "src/chain/genesis.h"
#include "src/chain/signature_verifier.h"
#include "src/chain/store.h"

namespace heddle::traffic {

// A store at the genesis of these validators.
chain::Store GenesisStore(uint64_t genesis_time, const std::vector<chain::ValidatorKeys>& keys);

// A placeholder in the place of a block's proof.
chain::SignedBlock Sign(chain::Block block);

// Validators that hear of everything at once, and their view of the chain. They aggregate
// together. What a call returns is theirs to publish.
class Group {
 public:
  Group(chain::Store store, std::vector<bool> members)
      : store_(std::move(store)), members_(std::move(members)) {}

  bool IsMember(chain::ValidatorIndex validator) const { return members_[validator]; }
  void SetMembers(std::vector<bool> members) { members_ = std::move(members); }
  const chain::Store& store() const { return store_; }

  // Advances to `interval`, after the blocks that were due before it; the aggregates of interval 2.
  std::vector<chain::SignedAggregatedAttestation> Tick(chain::Interval interval, bool has_proposal);

  // The block of `proposer` at `slot`, on the head, or on the head's parent where there is one (and
  // always there when the head is a block of this slot); with the votes it can carry, or without
  // any.
  chain::SignedBlock Propose(chain::Slot slot, chain::ValidatorIndex proposer, bool on_parent,
                             bool with_votes);

  // The group gets `block` now, or at the first tick at or after `due`.
  void Deliver(const chain::SignedBlock& block);
  void DeliverAt(chain::Interval due, const chain::SignedBlock& block);

  // What its members vote for at `slot`; nothing when there is nothing to vote for.
  std::optional<chain::AttestationData> VoteAt(chain::Slot slot) const;
  // The same for the head's parent: a vote that contradicts it.
  std::optional<chain::AttestationData> OtherVoteAt(chain::Slot slot) const;
  void Deliver(const chain::SignedAttestation& vote);

  // Starts the view anew from the finalized block, so that it does not grow for ever. To be called
  // after interval 4; does nothing when that would save little.
  void Prune();

  // Blocks since the finalized one, in the order of import.
  const std::vector<chain::Block>& recent() const { return recent_; }

 private:
  chain::Store store_;
  std::vector<bool> members_;
  std::multimap<chain::Interval, chain::SignedBlock> due_;
  std::vector<chain::Block> recent_;
};

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_NETWORK_H_
