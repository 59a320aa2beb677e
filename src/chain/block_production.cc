#include "src/chain/block_production.h"

#include <algorithm>
#include <utility>

#include "src/chain/state_transition.h"

namespace heddle::chain {
namespace {

using Candidates = std::vector<const AggregatedPool::Entry*>;

// A vote that goes into the block, with the proofs chosen for it.
struct Selected {
  const AttestationData* data;
  std::vector<const SingleMessageAggregate*> proofs;
};

// What votes are measured against. Moves on with each pass.
struct Anchor {
  Checkpoint justified;
  Slot finalized_slot;
  ssz::Bits justified_slots;
};

// Of equal target slots, those that came first in the pool come first.
Candidates InTargetSlotOrder(const AggregatedPool& payloads) {
  Candidates candidates;
  for (const AggregatedPool::Entry& entry : payloads) candidates.push_back(&entry);
  std::sort(candidates.begin(), candidates.end(), [](const auto* a, const auto* b) {
    return std::pair(a->data.target.slot, a->rank) < std::pair(b->data.target.slot, b->rank);
  });
  return candidates;
}

// The chain as the block will see it: up to the parent, and zeros for the slots skipped before it.
HistoricalBlockHashes ExtendedHistory(const State& state, Slot slot, const Root& parent_root) {
  HistoricalBlockHashes hashes = state.historical_block_hashes;
  hashes.Append(parent_root);
  hashes.AppendZeros(slot - state.latest_block_header.slot - 1);
  return hashes;
}

Result<Anchor> InitialAnchor(const State& state, Slot slot, const Root& parent_root) {
  Anchor anchor{state.latest_justified, state.latest_finalized.slot, state.justified_slots.bits()};
  // The genesis block is justified by its first child.
  if (state.latest_block_header.slot == 0) anchor.justified = {parent_root, 0};
  if (Verdict rejection = ExtendToSlot(&anchor.justified_slots, anchor.finalized_slot, slot - 1)) {
    return *rejection;
  }
  return anchor;
}

// Whether the chain being built on can use the vote.
Result<bool> IsVoteUseful(const AttestationData& data, const Anchor& anchor,
                          const HistoricalBlockHashes& history) {
  if (data.source.slot != anchor.justified.slot || !data.LiesOnChain(history)) return false;
  const Result<bool> source =
      IsSlotJustified(anchor.justified_slots, anchor.finalized_slot, data.source.slot);
  if (!source.ok() || !*source) return source;
  // A vote of genesis for itself justifies nothing, but it carries weight for the head.
  if (data.source.slot == 0 && data.target.slot == 0) return true;
  const Result<bool> target =
      IsSlotJustified(anchor.justified_slots, anchor.finalized_slot, data.target.slot);
  if (!target.ok()) return target;
  return !*target;
}

bool IsSelected(const std::vector<Selected>& selected, const AttestationData& data) {
  return std::any_of(selected.begin(), selected.end(),
                     [&](const Selected& vote) { return *vote.data == data; });
}

// One pass over the candidates. True when it selected something.
Result<bool> SelectPass(const Candidates& candidates, const Anchor& anchor,
                        const HistoricalBlockHashes& history,
                        const std::function<bool(const Root&)>& is_known_block,
                        std::vector<Selected>* selected) {
  bool found = false;
  for (const AggregatedPool::Entry* candidate : candidates) {
    const AttestationData& data = candidate->data;
    if (IsSelected(*selected, data)) continue;
    if (selected->size() >= kMaxAttestationsData) break;
    if (!is_known_block(data.head.root)) continue;
    const Result<bool> useful = IsVoteUseful(data, anchor, history);
    if (!useful.ok()) return useful;
    if (!*useful) continue;
    selected->push_back({&data, SelectProofsForCoverage(&candidate->votes, nullptr).proofs});
    found = true;
  }
  return found;
}

// The selected votes as a block body has them during selection: one attestation for each proof.
AggregatedAttestations TrialAttestations(const std::vector<Selected>& selected) {
  AggregatedAttestations attestations;
  for (const Selected& vote : selected) {
    for (const SingleMessageAggregate* proof : vote.proofs) {
      attestations.elements.push_back({proof->participants, *vote.data});
    }
  }
  return attestations;
}

// Selects until a pass moves neither justification nor finalization.
Result<std::vector<Selected>> SelectVotes(const State& pre_state, const State& advanced_state,
                                          Block trial,
                                          const std::function<bool(const Root&)>& is_known_block,
                                          const AggregatedPool& payloads) {
  const Candidates candidates = InTargetSlotOrder(payloads);
  const HistoricalBlockHashes history = ExtendedHistory(pre_state, trial.slot, trial.parent_root);
  Result<Anchor> anchor = InitialAnchor(pre_state, trial.slot, trial.parent_root);
  if (!anchor.ok()) return anchor.rejection();
  std::vector<Selected> selected;
  while (true) {
    const Result<bool> found = SelectPass(candidates, *anchor, history, is_known_block, &selected);
    if (!found.ok()) return found.rejection();
    if (!*found) return selected;

    trial.body.attestations = TrialAttestations(selected);
    State post_state = advanced_state;
    if (Verdict rejection = ProcessBlock(&post_state, trial)) return *rejection;
    if (post_state.latest_justified == anchor->justified &&
        post_state.latest_finalized.slot == anchor->finalized_slot) {
      return selected;
    }
    *anchor = {post_state.latest_justified, post_state.latest_finalized.slot,
               post_state.justified_slots.bits()};
  }
}

}  // namespace

Result<BuiltBlock> BuildBlock(const State& pre_state, Slot slot, ValidatorIndex proposer_index,
                              const Root& parent_root,
                              const std::function<bool(const Root&)>& is_known_block,
                              const AggregatedPool& payloads, AggregationProver* prover) {
  BuiltBlock built;
  State advanced_state = pre_state;
  if (Verdict rejection = ProcessSlots(&advanced_state, slot)) return *rejection;
  built.block = {slot, proposer_index, parent_root, kZeroRoot, {}};

  if (!payloads.empty()) {
    Result<std::vector<Selected>> selected =
        SelectVotes(pre_state, advanced_state, built.block, is_known_block, payloads);
    if (!selected.ok()) return selected.rejection();
    for (const Selected& vote : *selected) {
      if (vote.proofs.empty()) continue;  // Seeded by a block; no proof has come yet.
      built.proofs.push_back(
          vote.proofs.size() == 1
              ? *vote.proofs[0]
              : AggregateProofs(prover, pre_state.validators, *vote.data, vote.proofs, {}));
      built.block.body.attestations.elements.push_back(
          {built.proofs.back().participants, *vote.data});
    }
  }

  if (Verdict rejection = ProcessBlock(&advanced_state, built.block)) return *rejection;
  built.block.state_root = HashTreeRoot(advanced_state);
  built.post_state = std::move(advanced_state);
  return built;
}

}  // namespace heddle::chain
