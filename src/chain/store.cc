#include "src/chain/store.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

#include "src/chain/state_transition.h"

namespace heddle::chain {
namespace {

bool RepeatsAttestationData(const AggregatedAttestations& attestations) {
  std::unordered_set<AttestationData, AttestationDataHash> distinct;
  for (const AggregatedAttestation& attestation : attestations) {
    if (!distinct.insert(attestation.data).second) return true;
  }
  return false;
}

std::vector<AggregatedPoolSnapshot> SnapshotOf(const AggregatedPool& pool) {
  std::vector<AggregatedPoolSnapshot> entries;
  for (const AggregatedPool::Entry& entry : pool) {
    AggregatedPoolSnapshot snapshot{HashTreeRoot(entry.data), {}};
    for (const SingleMessageAggregate& proof : entry.votes) {
      snapshot.participant_sets.push_back(ToValidatorIndices(proof.participants));
    }
    std::sort(snapshot.participant_sets.begin(), snapshot.participant_sets.end());
    entries.push_back(std::move(snapshot));
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.data_root < b.data_root; });
  return entries;
}

std::vector<SignaturePoolSnapshot> SnapshotOf(const SignaturePool& pool) {
  std::vector<SignaturePoolSnapshot> entries;
  for (const SignaturePool::Entry& entry : pool) {
    SignaturePoolSnapshot snapshot{HashTreeRoot(entry.data), {}};
    for (const AttestationSignature& signature : entry.votes) {
      snapshot.validator_indices.push_back(signature.validator_index);
    }
    std::sort(snapshot.validator_indices.begin(), snapshot.validator_indices.end());
    entries.push_back(std::move(snapshot));
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.data_root < b.data_root; });
  return entries;
}

}  // namespace

// --- The block tree ---

Result<Store> Store::Create(State anchor_state, Block anchor_block, SignatureVerifier* verifier,
                            AggregationProver* prover) {
  if (anchor_block.state_root != HashTreeRoot(anchor_state)) {
    return Rejection::kAnchorStateRootMismatch;
  }
  return Store(std::move(anchor_state), std::move(anchor_block), verifier, prover);
}

Store::Store(State anchor_state, Block anchor_block, SignatureVerifier* verifier,
             AggregationProver* prover)
    : verifier_(verifier), prover_(prover), config_(anchor_state.config) {
  const BlockHash hash = HashBlock(anchor_block);
  anchor_state.cache.block.emplace(hash.header, hash.root);
  const Checkpoint anchor{hash.root, anchor_block.slot};
  view_.time = IntervalFromSlot(anchor.slot);
  view_.head = anchor.root;
  view_.safe_target = anchor.root;
  view_.latest_justified = anchor;
  view_.latest_finalized = anchor;
  Insert(anchor.root, std::move(anchor_block), std::move(anchor_state));
}

Store::NodeIndex Store::Find(const Root& root) const {
  auto found = index_.find(root);
  return found == index_.end() ? kNone : found->second;
}

const Block* Store::FindBlock(const Root& root) const {
  const NodeIndex node = Find(root);
  return node == kNone ? nullptr : &stored_[node].block;
}

const State* Store::FindState(const Root& root) const {
  const NodeIndex node = Find(root);
  return node == kNone ? nullptr : &stored_[node].post_state;
}

Slot Store::SlotOf(const Root& root) const {
  const NodeIndex node = Find(root);
  assert(node != kNone);
  return nodes_[node].slot;
}

void Store::Insert(const Root& root, Block block, State post_state) {
  const NodeIndex node = nodes_.size();
  const NodeIndex parent = Find(block.parent_root);
  Node& inserted = nodes_.emplace_back(Node{root, block.slot, parent});
  if (parent != kNone) {
    inserted.previous_sibling = nodes_[parent].last_child;
    nodes_[parent].last_child = node;
  }
  stored_.push_back({std::move(block), std::move(post_state)});
  index_.emplace(root, node);
}

bool Store::CheckpointIsAncestor(const Checkpoint& ancestor, const Checkpoint& descendant) const {
  NodeIndex node = Find(descendant.root);
  while (node != kNone && nodes_[node].slot > ancestor.slot) node = nodes_[node].parent;
  // A chain has at most one block at a slot: another one there is on a fork.
  return node != kNone && nodes_[node].slot == ancestor.slot && nodes_[node].root == ancestor.root;
}

// --- Blocks ---

Verdict Store::OnBlock(const SignedBlock& signed_block) {
  return OnBlock(signed_block, HashBlock(signed_block.block));
}

Verdict Store::OnBlock(const SignedBlock& signed_block, const BlockHash& hash) {
  const Block& block = signed_block.block;
  if (Contains(hash.root)) return kAccepted;
  const State* parent_state = FindState(block.parent_root);
  if (parent_state == nullptr) return Rejection::kUnknownParentBlock;
  if (RepeatsAttestationData(block.body.attestations)) {
    return Rejection::kDuplicateAttestationData;
  }
  if (Verdict rejection = VerifySignatures(signed_block, hash.root, parent_state->validators)) {
    return rejection;
  }
  Result<State> post_state = StateTransition(*parent_state, block, hash);
  if (!post_state.ok()) return post_state.rejection();
  const Checkpoint justified = view_.latest_justified.AdvanceTo(post_state->latest_justified);
  // Fork choice starts there. Only an anchor state that lies about its own history has it
  // elsewhere.
  if (!Contains(justified.root)) return Rejection::kMalformedState;

  // Nothing below refuses.
  const Slot previous_finalized_slot = view_.latest_finalized.slot;
  view_.latest_justified = justified;
  Insert(hash.root, block, std::move(*post_state));
  // The block's votes go to the front of the pool, in the order of the body. Without a proof of
  // their own they weigh nothing yet: those come by gossip.
  const auto& votes = block.body.attestations.elements;
  for (auto vote = votes.rbegin(); vote != votes.rend(); ++vote) {
    view_.known_aggregated_payloads.Seed(vote->data);
  }
  UpdateHead();
  if (view_.latest_finalized.slot > previous_finalized_slot) PruneStaleAttestationData();
  return kAccepted;
}

// Fork choice starts from the justified block, so it must be known. A chain that names another one
// grew from an anchor state that lies about its own history.
bool Store::CanStartFrom(const Checkpoint& justified) const {
  return Contains(view_.latest_justified.AdvanceTo(justified).root);
}

// The proof of a block binds every attestation of the body, then the proposer. All of them must be
// in the registry.
Verdict Store::VerifySignatures(const SignedBlock& signed_block, const Root& block_root,
                                const Validators& validators) const {
  const Block& block = signed_block.block;
  for (const AggregatedAttestation& attestation : block.body.attestations) {
    const std::vector<ValidatorIndex> voters = ToValidatorIndices(attestation.aggregation_bits);
    if (voters.empty()) return Rejection::kEmptyAggregationBits;
    if (voters.back() >= validators.size()) return Rejection::kValidatorIndexOutOfRange;
  }
  if (block.proposer_index >= validators.size()) return Rejection::kProposerIndexOutOfRange;
  if (!verifier_->VerifyBlock(validators, signed_block, block_root)) {
    return Rejection::kInvalidBlockProof;
  }
  return kAccepted;
}

// --- Votes ---

// The laws of time and topology that every vote keeps.
Verdict Store::ValidateAttestation(const AttestationData& data) const {
  const auto& [slot, head, target, source] = data;
  const NodeIndex source_node = Find(source.root);
  const NodeIndex target_node = Find(target.root);
  const NodeIndex head_node = Find(head.root);

  // Availability: the blocks voted for have been seen.
  if (source_node == kNone) return Rejection::kUnknownSourceBlock;
  if (target_node == kNone) return Rejection::kUnknownTargetBlock;
  if (head_node == kNone) return Rejection::kUnknownHeadBlock;

  // Topology: source <= target <= head.
  if (source.slot > target.slot) return Rejection::kSourceAfterTarget;
  if (head.slot < target.slot) return Rejection::kHeadOlderThanTarget;

  // Consistency: the slots are the blocks' own.
  if (nodes_[source_node].slot != source.slot) return Rejection::kSourceSlotMismatch;
  if (nodes_[target_node].slot != target.slot) return Rejection::kTargetSlotMismatch;
  if (nodes_[head_node].slot != head.slot) return Rejection::kHeadSlotMismatch;

  // Ancestry: all three are on one chain. Weight goes to every ancestor of the head.
  if (!CheckpointIsAncestor(source, target)) return Rejection::kSourceNotAncestorOfTarget;
  if (!CheckpointIsAncestor(target, head)) return Rejection::kTargetNotAncestorOfHead;

  // Time: not before its head existed, and not before its slot has begun, give or take.
  if (slot < head.slot) return Rejection::kAttestationSlotBeforeHead;
  if (slot > (view_.time + kGossipDisparityIntervals) / kIntervalsPerSlot) {
    return Rejection::kAttestationTooFarInFuture;
  }
  return kAccepted;
}

Verdict Store::OnGossipAttestation(const SignedAttestation& vote, bool is_aggregator) {
  if (Verdict rejection = ValidateAttestation(vote.data)) return rejection;
  const Validators& validators = FindState(vote.data.target.root)->validators;
  if (vote.validator_index >= validators.size()) return Rejection::kValidatorNotInState;
  if (!verifier_->VerifyAttestation(validators, vote)) return Rejection::kInvalidSignature;
  if (!is_aggregator) return kAccepted;

  auto& votes = view_.attestation_signatures.AtBack(vote.data).votes;
  const AttestationSignature signature{vote.validator_index, vote.signature};
  if (std::find(votes.begin(), votes.end(), signature) == votes.end()) votes.push_back(signature);
  return kAccepted;
}

Verdict Store::OnGossipAggregatedAttestation(const SignedAggregatedAttestation& vote) {
  if (Verdict rejection = ValidateAttestation(vote.data)) return rejection;
  const std::vector<ValidatorIndex> voters = ToValidatorIndices(vote.proof.participants);
  if (voters.empty()) return Rejection::kEmptyAggregationBits;
  const Validators& validators = FindState(vote.data.target.root)->validators;
  if (voters.back() >= validators.size()) return Rejection::kValidatorNotInState;
  if (!verifier_->VerifyAggregate(validators, vote)) return Rejection::kInvalidSignature;
  view_.new_aggregated_payloads.Add(vote.data, vote.proof);
  return kAccepted;
}

// Drops votes that can no longer influence fork choice: only descendants of the finalized block can
// become head.
void Store::PruneStaleAttestationData() {
  const Checkpoint& finalized = view_.latest_finalized;
  const auto is_stale = [&](const AttestationData& data) {
    return data.head.slot <= finalized.slot || !CheckpointIsAncestor(finalized, data.head);
  };
  view_.attestation_signatures.EraseIf(is_stale);
  view_.new_aggregated_payloads.EraseIf(is_stale);
  view_.known_aggregated_payloads.EraseIf(is_stale);
}

// --- Fork choice ---

// Votes for each block from nodes_[first] on: a vote counts for its head and for every ancestor of
// it above `start_slot`. One pass from the newest block down, since parents come before children.
std::vector<uint64_t> Store::AccumulateAncestorWeights(
    std::span<const AggregatedPool::Entry* const> latest_votes, NodeIndex first,
    Slot start_slot) const {
  std::vector<uint64_t> weights(nodes_.size() - first);
  const AggregatedPool::Entry* previous = nullptr;
  NodeIndex head = kNone;
  for (const AggregatedPool::Entry* vote : latest_votes) {
    if (vote == nullptr) continue;
    // Neighbours mostly vote for the same thing.
    if (vote != previous) head = Find(vote->data.head.root);
    previous = vote;
    if (head != kNone && head >= first) ++weights[head - first];
  }
  for (NodeIndex node = nodes_.size(); node-- > first;) {
    uint64_t& weight = weights[node - first];
    const NodeIndex parent = nodes_[node].parent;
    if (nodes_[node].slot <= start_slot) {
      weight = 0;
    } else if (parent != kNone && parent >= first) {
      weights[parent - first] += weight;
    }
  }
  return weights;
}

// LMD GHOST: from the justified block, again and again to the child with the most votes below it,
// of equal ones to the one with the greatest root. Children with less than `min_score` do not
// count.
Store::NodeIndex Store::ComputeLmdGhostHead(
    std::span<const AggregatedPool::Entry* const> latest_votes, uint64_t min_score) const {
  const NodeIndex start = Find(view_.latest_justified.root);
  assert(start != kNone);
  const std::vector<uint64_t> weights =
      AccumulateAncestorWeights(latest_votes, start, nodes_[start].slot);
  NodeIndex head = start;
  while (true) {
    NodeIndex best = kNone;
    for (NodeIndex child = nodes_[head].last_child; child != kNone;
         child = nodes_[child].previous_sibling) {
      const uint64_t weight = weights[child - start];
      if (weight < min_score) continue;
      if (best == kNone || weight > weights[best - start] ||
          (weight == weights[best - start] && nodes_[child].root > nodes_[best].root)) {
        best = child;
      }
    }
    if (best == kNone) return head;
    head = best;
  }
}

void Store::UpdateHead() {
  const NodeIndex head = ComputeLmdGhostHead(
      view_.known_aggregated_payloads.LatestVotes(view_.latest_finalized.slot), 0);
  view_.head = nodes_[head].root;

  // The finalized checkpoint is the head chain's own. The anchor of a checkpoint sync stands in for
  // a finalized block older than itself.
  const Slot finalized_slot = stored_[head].post_state.latest_finalized.slot;
  NodeIndex finalized = head;
  while (nodes_[finalized].slot > finalized_slot && nodes_[finalized].parent != kNone) {
    finalized = nodes_[finalized].parent;
  }
  if (nodes_[finalized].slot == finalized_slot) {
    view_.latest_finalized = {nodes_[finalized].root, finalized_slot};
  }
}

// The deepest block with two thirds of the validators behind it, by the votes that wait.
void Store::UpdateSafeTarget() {
  const uint64_t num_validators = FindState(view_.head)->validators.size();
  const uint64_t min_target_score = (2 * num_validators + 2) / 3;
  const NodeIndex safe_target = ComputeLmdGhostHead(
      view_.new_aggregated_payloads.LatestVotes(view_.latest_finalized.slot), min_target_score);
  view_.safe_target = nodes_[safe_target].root;
}

void Store::AcceptNewAttestations() {
  view_.known_aggregated_payloads.Absorb(&view_.new_aggregated_payloads);
  UpdateHead();
}

// --- Time ---

std::vector<SignedAggregatedAttestation> Store::OnTick(Interval target_interval, bool has_proposal,
                                                       bool is_aggregator) {
  std::vector<SignedAggregatedAttestation> all_new_aggregates;
  while (view_.time < target_interval) {
    const bool proposal_due = has_proposal && view_.time + 1 == target_interval;
    for (SignedAggregatedAttestation& aggregate : TickInterval(proposal_due, is_aggregator)) {
      all_new_aggregates.push_back(std::move(aggregate));
    }
  }
  return all_new_aggregates;
}

std::vector<SignedAggregatedAttestation> Store::TickInterval(bool has_proposal,
                                                             bool is_aggregator) {
  ++view_.time;
  switch (view_.time % kIntervalsPerSlot) {
    case 0:
      if (has_proposal) AcceptNewAttestations();
      break;
    case 2:
      if (is_aggregator) return Aggregate();
      break;
    case 3:
      UpdateSafeTarget();
      break;
    case 4:
      AcceptNewAttestations();
      break;
  }
  return {};
}

// Makes one proof of the fresh evidence for each vote: of the proofs there are, and of signatures
// of validators that no proof covers. The new proofs replace the waiting ones.
std::vector<SignedAggregatedAttestation> Store::Aggregate() {
  const Validators& validators = FindState(view_.head)->validators;
  std::vector<const AttestationData*> fresh;
  for (const auto& entry : view_.new_aggregated_payloads) fresh.push_back(&entry.data);
  for (const auto& entry : view_.attestation_signatures) {
    if (view_.new_aggregated_payloads.Find(entry.data) == nullptr) fresh.push_back(&entry.data);
  }

  std::vector<SignedAggregatedAttestation> new_aggregates;
  for (const AttestationData* data : fresh) {
    const ProofSelection selection = SelectProofsForCoverage(
        view_.new_aggregated_payloads.Find(*data), view_.known_aggregated_payloads.Find(*data));
    std::vector<const AttestationSignature*> raw;
    if (const auto* signatures = view_.attestation_signatures.Find(*data)) {
      for (const AttestationSignature& signature : *signatures) {
        const ValidatorIndex index = signature.validator_index;
        const bool covered = index < selection.covered.size() && selection.covered[index];
        if (!covered) raw.push_back(&signature);
      }
    }
    // By validator; several of one validator in the order of their arrival.
    std::sort(raw.begin(), raw.end(), [](const auto* a, const auto* b) {
      return std::pair(a->validator_index, a) < std::pair(b->validator_index, b);
    });
    // A single proof on its own is good already.
    if (raw.empty() && selection.proofs.size() < 2) continue;
    new_aggregates.push_back(
        {*data, AggregateProofs(prover_, validators, *data, selection.proofs, raw)});
  }

  view_.new_aggregated_payloads.Clear();
  for (const SignedAggregatedAttestation& aggregate : new_aggregates) {
    view_.new_aggregated_payloads.Add(aggregate.data, aggregate.proof);
  }
  view_.attestation_signatures.EraseIf([&](const AttestationData& data) {
    return view_.new_aggregated_payloads.Find(data) != nullptr;
  });
  return new_aggregates;
}

// --- Validator duties ---

Checkpoint Store::GetAttestationTarget() const {
  const Slot finalized_slot = view_.latest_finalized.slot;
  const Slot lower_bound = std::max(SlotOf(view_.safe_target), finalized_slot);
  NodeIndex target = Find(view_.head);
  const auto step_back = [&] {
    target = nodes_[target].parent;
    assert(target != kNone);  // The finalized block is the anchor or above it.
  };
  // Not too far ahead of the safe target...
  for (uint64_t i = 0; i < kJustificationLookbackSlots && nodes_[target].slot > lower_bound; ++i) {
    step_back();
  }
  // ...and at a slot that can be justified.
  while (nodes_[target].slot > finalized_slot &&
         !IsJustifiableAfter(nodes_[target].slot, finalized_slot)) {
    step_back();
  }
  return {nodes_[target].root, nodes_[target].slot};
}

Result<AttestationData> Store::ProduceAttestationData(Slot slot) const {
  const Checkpoint head{view_.head, SlotOf(view_.head)};
  const Checkpoint target = GetAttestationTarget();
  // The source is the head chain's own: the store's may come from a fork.
  Checkpoint source = FindState(view_.head)->latest_justified;
  if (source.root.IsZero()) source.root = view_.head;  // Genesis does not know its own root.
  if (source.slot > target.slot) return Rejection::kSourceAfterTarget;
  return AttestationData{slot, head, target, source};
}

Result<Store::ProducedBlock> Store::ProduceBlock(Slot slot, ValidatorIndex validator_index) {
  const View before = view_;
  OnTick(IntervalFromSlot(slot), /*has_proposal=*/true, /*is_aggregator=*/false);
  AcceptNewAttestations();
  Result<BuiltBlock> built = BuildOnHead(slot, validator_index);
  if (!built.ok()) {
    view_ = before;
    return built.rejection();
  }
  // The proposer's own block skips the import: the head moves to it with the next update.
  view_.latest_justified = view_.latest_justified.AdvanceTo(built->post_state.latest_justified);
  const Root root = HashTreeRoot(built->block);
  if (!Contains(root)) Insert(root, built->block, std::move(built->post_state));
  return ProducedBlock{std::move(built->block), std::move(built->proofs)};
}

Result<BuiltBlock> Store::BuildOnHead(Slot slot, ValidatorIndex validator_index) const {
  const State& head_state = *FindState(view_.head);
  const std::optional<ValidatorIndex> proposer =
      ProposerForSlot(slot, head_state.validators.size());
  if (!proposer) return Rejection::kEmptyValidatorRegistry;
  if (validator_index != *proposer) return Rejection::kWrongProposer;
  Result<BuiltBlock> built = BuildBlock(
      head_state, slot, validator_index, view_.head,
      [this](const Root& root) { return Contains(root); }, view_.known_aggregated_payloads,
      prover_);
  if (built.ok() && !CanStartFrom(built->post_state.latest_justified)) {
    return Rejection::kMalformedState;
  }
  return built;
}

// --- Observation ---

Snapshot Store::TakeSnapshot() const {
  Snapshot snapshot;
  snapshot.time = view_.time;
  snapshot.head_root = view_.head;
  snapshot.safe_target_root = view_.safe_target;
  snapshot.latest_justified = view_.latest_justified;
  snapshot.latest_finalized = view_.latest_finalized;

  const Slot finalized_slot = view_.latest_finalized.slot;
  const std::vector<uint64_t> weights = AccumulateAncestorWeights(
      view_.known_aggregated_payloads.LatestVotes(finalized_slot), 0, finalized_slot);
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    snapshot.block_roots.push_back(nodes_[node].root);
    if (nodes_[node].slot > finalized_slot) {
      snapshot.block_weights.push_back({nodes_[node].root, weights[node]});
    }
  }
  std::sort(snapshot.block_roots.begin(), snapshot.block_roots.end());
  std::sort(snapshot.block_weights.begin(), snapshot.block_weights.end(),
            [](const BlockWeight& a, const BlockWeight& b) { return a.root < b.root; });
  snapshot.attestation_signatures = SnapshotOf(view_.attestation_signatures);
  snapshot.new_aggregated_payloads = SnapshotOf(view_.new_aggregated_payloads);
  snapshot.known_aggregated_payloads = SnapshotOf(view_.known_aggregated_payloads);
  return snapshot;
}

}  // namespace heddle::chain
