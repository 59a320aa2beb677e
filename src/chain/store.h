// The fork-choice store: a node's view of the chain (leanSpec, forks/lstar: fork_choice.py,
// timeline.py, aggregation.py, validator_duties.py, containers/store.py).
#ifndef HEDDLE_SRC_CHAIN_STORE_H_
#define HEDDLE_SRC_CHAIN_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "src/chain/aggregation.h"
#include "src/chain/block_production.h"
#include "src/chain/containers.h"
#include "src/chain/rejection.h"
#include "src/chain/signature_verifier.h"
#include "src/chain/snapshot.h"
#include "src/chain/vote_pool.h"

namespace heddle::chain {

// Blocks, their post-states, and the votes that choose between them.
//
// The store changes in place. A call that is refused leaves it as it was. It has no thread, no
// clock and no lock: whoever owns it makes sure that one call runs at a time, const calls included
// (they fill caches).
//
// Everything happens in the order of the calls, and that order is part of the state: of two votes
// of one validator for the same slot the one whose data came first counts. No hash table's order
// reaches any result.
//
// As in the specification, blocks and states are never pruned; votes are, when the finalized
// checkpoint advances with a block.
class Store {
 public:
  // A store that trusts `anchor_block` and its post-state `anchor_state`: both are taken as
  // justified and finalized. `verifier` and `prover` must outlive the store.
  // Refuses with kAnchorStateRootMismatch when the block does not commit to the state.
  static Result<Store> Create(State anchor_state, Block anchor_block, SignatureVerifier* verifier,
                              AggregationProver* prover);

  // A copy is independent of the original. O(everything in it): for tests and tools.
  Store(const Store&) = default;
  Store& operator=(const Store&) = default;
  Store(Store&&) = default;
  Store& operator=(Store&&) = default;

  // Imports a block: checks it, runs the state transition, counts its votes, recomputes the head.
  // A block that is already known changes nothing and is accepted.
  // With the second form the caller has already computed HashBlock(signed_block.block).
  Verdict OnBlock(const SignedBlock& signed_block);
  Verdict OnBlock(const SignedBlock& signed_block, const BlockHash& hash);

  // Checks a vote. Only an aggregator keeps its signature.
  Verdict OnGossipAttestation(const SignedAttestation& vote, bool is_aggregator);

  // Checks a shared vote and holds its proof until the next acceptance.
  Verdict OnGossipAggregatedAttestation(const SignedAggregatedAttestation& vote);

  // Moves the clock on to `target_interval`, one interval at a time, and does what is due at each:
  //   interval 0 of the target slot, with a proposal: accept votes;  2, an aggregator: aggregate;
  //   3: update the safe target;  4: accept votes.
  // An interval that is not in the future does nothing. Returns the aggregates to publish.
  std::vector<SignedAggregatedAttestation> OnTick(Interval target_interval, bool has_proposal,
                                                  bool is_aggregator);

  // A validator's duties.

  // What a validator should vote for as target.
  Checkpoint GetAttestationTarget() const;

  // The vote a validator should cast at `slot`. Refuses with kSourceAfterTarget when the head's
  // justified checkpoint is later than the target.
  Result<AttestationData> ProduceAttestationData(Slot slot) const;

  struct ProducedBlock {
    Block block;
    std::vector<SingleMessageAggregate> proofs;  // One for each attestation of the body, unmerged.
  };
  // Builds a block on the head, and imports it. Refuses with kWrongProposer, or with what the state
  // transition says.
  Result<ProducedBlock> ProduceBlock(Slot slot, ValidatorIndex validator_index);

  // What the store holds. Pointers and references are good until the next call that changes it.

  Interval time() const { return view_.time; }
  const GenesisConfig& config() const { return config_; }
  const Root& head() const { return view_.head; }
  const Root& safe_target() const { return view_.safe_target; }
  const Checkpoint& latest_justified() const { return view_.latest_justified; }
  // As the head chain sees it. Goes down when a reorganisation leads to a chain that finalized
  // less.
  const Checkpoint& latest_finalized() const { return view_.latest_finalized; }

  size_t block_count() const { return nodes_.size(); }
  bool Contains(const Root& root) const { return index_.contains(root); }
  // Null when unknown.
  const Block* FindBlock(const Root& root) const;
  const State* FindState(const Root& root) const;
  // The block's slot. The block must be known.
  Slot SlotOf(const Root& root) const;

  const SignaturePool& attestation_signatures() const { return view_.attestation_signatures; }
  const AggregatedPool& new_aggregated_payloads() const { return view_.new_aggregated_payloads; }
  const AggregatedPool& known_aggregated_payloads() const {
    return view_.known_aggregated_payloads;
  }

  // Everything observable, in canonical order.
  Snapshot TakeSnapshot() const;

 private:
  friend class StorePeer;  // testing/store_peer.h

  using NodeIndex = size_t;
  static constexpr NodeIndex kNone = SIZE_MAX;

  // A block's place in the tree. Parents come before their children.
  struct Node {
    Root root;
    Slot slot = 0;
    NodeIndex parent = kNone;  // The anchor has none.
    NodeIndex last_child = kNone;
    NodeIndex previous_sibling = kNone;
  };
  struct Stored {
    Block block;
    State post_state;
  };

  // What ticks and votes change: everything but the blocks.
  struct View {
    Interval time = 0;
    Root head;
    Root safe_target;
    Checkpoint latest_justified;
    Checkpoint latest_finalized;
    SignaturePool attestation_signatures;
    AggregatedPool new_aggregated_payloads;
    AggregatedPool known_aggregated_payloads;
  };

  Store(State anchor_state, Block anchor_block, SignatureVerifier* verifier,
        AggregationProver* prover);

  NodeIndex Find(const Root& root) const;
  void Insert(const Root& root, Block block, State post_state);

  // Rules of the specification; see store.cc.
  Verdict ValidateAttestation(const AttestationData& data) const;
  Verdict VerifySignatures(const SignedBlock& signed_block, const Root& block_root,
                           const Validators& validators) const;
  bool CanStartFrom(const Checkpoint& justified) const;
  bool CheckpointIsAncestor(const Checkpoint& ancestor, const Checkpoint& descendant) const;
  NodeIndex ComputeLmdGhostHead(std::span<const AggregatedPool::Entry* const> latest_votes,
                                uint64_t min_score) const;
  std::vector<uint64_t> AccumulateAncestorWeights(
      std::span<const AggregatedPool::Entry* const> latest_votes, NodeIndex first,
      Slot start_slot) const;
  std::vector<SignedAggregatedAttestation> TickInterval(bool has_proposal, bool is_aggregator);
  std::vector<SignedAggregatedAttestation> Aggregate();
  void AcceptNewAttestations();
  void UpdateHead();
  void UpdateSafeTarget();
  void PruneStaleAttestationData();
  Result<BuiltBlock> BuildOnHead(Slot slot, ValidatorIndex validator_index) const;

  SignatureVerifier* verifier_;
  AggregationProver* prover_;

  GenesisConfig config_;
  View view_;

  std::vector<Node> nodes_;    // In order of import.
  std::deque<Stored> stored_;  // Parallel to nodes_; a deque, so that growth moves no state.
  std::unordered_map<Root, NodeIndex, ssz::RootHash> index_;
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_STORE_H_
