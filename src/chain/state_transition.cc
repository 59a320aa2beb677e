#include "src/chain/state_transition.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace heddle::chain {
namespace {

// The votes that pending targets have, unpacked: one bit for each validator.
using Justifications = std::map<Root, ssz::Bits>;

Verdict UnpackJustifications(const State& state, Justifications* justifications) {
  const std::vector<Root> roots = state.justifications_roots.ToVector();
  const ssz::Bits& votes = state.justifications_validators.bits();
  const size_t validator_count = state.validators.size();
  if (votes.size() != roots.size() * validator_count) return Rejection::kMalformedState;
  for (size_t i = 0; i < roots.size(); ++i) {
    if (roots[i].IsZero()) return Rejection::kMalformedState;
    (*justifications)[roots[i]] = votes.Slice(i * validator_count, validator_count);
  }
  return kAccepted;
}

// Ascending roots, so that every node packs the same state.
Verdict PackJustifications(const Justifications& justifications, State* state) {
  if (justifications.size() > JustificationRoots::kLimit) return Rejection::kStateLimitExceeded;
  std::vector<Root> roots;
  roots.reserve(justifications.size());
  ssz::Bits votes;
  for (const auto& [root, root_votes] : justifications) {
    roots.push_back(root);
    votes.Append(root_votes);
  }
  state->justifications_roots.Assign(roots);
  if (votes != state->justifications_validators.bits()) {
    state->justifications_validators.Mutable() = std::move(votes);
  }
  return kAccepted;
}

bool HasTooManyAttestationData(const AggregatedAttestations& attestations) {
  std::unordered_set<AttestationData, AttestationDataHash> distinct;
  for (const AggregatedAttestation& attestation : attestations) {
    distinct.insert(attestation.data);
    if (distinct.size() > kMaxAttestationsData) return true;
  }
  return false;
}

// Whether a vote is one to count: from a justified source to a later, justifiable target that is
// not justified yet, both on the chain.
Result<bool> IsVoteToCount(const State& state, const AttestationData& vote) {
  const Slot finalized_slot = state.latest_finalized.slot;
  const ssz::Bits& justified_slots = state.justified_slots.bits();
  const Result<bool> source = IsSlotJustified(justified_slots, finalized_slot, vote.source.slot);
  if (!source.ok() || !*source) return source;
  const Result<bool> target = IsSlotJustified(justified_slots, finalized_slot, vote.target.slot);
  if (!target.ok()) return target;
  return !*target && vote.LiesOnChain(state.historical_block_hashes) &&
         vote.target.slot > vote.source.slot &&
         IsJustifiableAfter(vote.target.slot, finalized_slot);
}

// Whether some slot strictly between source and target could still be justified.
bool HasJustifiableSlotBetween(Slot source, Slot target, Slot finalized_slot) {
  for (Slot slot = source + 1; slot < target; ++slot) {
    if (IsJustifiableAfter(slot, finalized_slot)) return true;
  }
  return false;
}

// Drops what is pending for roots at or below the new finalized slot. `previous_finalized_slot` is
// the one at the start of the block: pending roots are looked for in the history behind it.
Verdict DropFinalizedJustifications(const State& state, Slot previous_finalized_slot,
                                    Justifications* justifications) {
  std::unordered_map<Root, Slot, ssz::RootHash> root_to_slot;
  const HistoricalBlockHashes& hashes = state.historical_block_hashes;
  for (Slot slot = previous_finalized_slot + 1; slot < hashes.size(); ++slot) {
    root_to_slot[hashes[slot]] = slot;
  }
  for (const auto& [root, votes] : *justifications) {
    if (!root_to_slot.contains(root)) return Rejection::kMalformedState;
  }
  std::erase_if(*justifications, [&](const auto& pending) {
    return root_to_slot[pending.first] <= state.latest_finalized.slot;
  });
  return kAccepted;
}

// Makes `source` the finalized checkpoint; the flags then start behind it.
void Finalize(const Checkpoint& source, State* state) {
  state->justified_slots.Mutable().DropFront(source.slot - state->latest_finalized.slot);
  state->latest_finalized = source;
}

}  // namespace

Result<bool> IsSlotJustified(const ssz::Bits& justified_slots, Slot finalized_slot, Slot slot) {
  const std::optional<uint64_t> index = JustifiedIndexAfter(slot, finalized_slot);
  if (!index) return true;
  if (*index >= justified_slots.size()) return Rejection::kJustifiedSlotOutOfRange;
  return justified_slots[*index];
}

Verdict ExtendToSlot(ssz::Bits* justified_slots, Slot finalized_slot, Slot slot) {
  const std::optional<uint64_t> index = JustifiedIndexAfter(slot, finalized_slot);
  if (!index || *index < justified_slots->size()) return kAccepted;
  if (*index >= JustifiedSlots::kLimit) return Rejection::kStateLimitExceeded;
  justified_slots->Resize(*index + 1);
  return kAccepted;
}

Root LatestHeaderRoot(const State& state) {
  const auto& known = state.cache.block;
  if (known && known->first == state.latest_block_header) return known->second;
  return HashTreeRoot(state.latest_block_header);
}

Verdict ProcessSlots(State* state, Slot target_slot) {
  if (state->slot >= target_slot) return Rejection::kBlockSlotNotInFuture;
  // The first slot after a block fills in the root of the state the block led to. The slots after
  // it change nothing but the slot number.
  if (state->latest_block_header.state_root.IsZero()) {
    state->latest_block_header.state_root = HashTreeRoot(*state);
  }
  state->slot = target_slot;
  return kAccepted;
}

Verdict ProcessBlockHeader(State* state, const Block& block, const Root& body_root) {
  const BlockHeader& parent_header = state->latest_block_header;
  const Slot parent_slot = parent_header.slot;
  const Root parent_root = LatestHeaderRoot(*state);

  if (block.slot != state->slot) return Rejection::kBlockSlotMismatch;
  if (block.slot <= parent_slot) return Rejection::kBlockOlderThanLatestHeader;
  const std::optional<ValidatorIndex> proposer =
      ProposerForSlot(state->slot, state->validators.size());
  if (!proposer) return Rejection::kEmptyValidatorRegistry;
  if (block.proposer_index != *proposer) return Rejection::kWrongProposer;
  if (block.parent_root != parent_root) return Rejection::kParentRootMismatch;

  // Genesis is justified and finalized by definition; its first child knows its root.
  if (parent_slot == 0) {
    state->latest_justified = {parent_root, 0};
    state->latest_finalized = {parent_root, 0};
  }

  // The parent's root, then a zero for each slot without a block.
  const uint64_t num_empty_slots = block.slot - parent_slot - 1;
  const uint64_t room = HistoricalBlockHashes::kLimit - state->historical_block_hashes.size();
  if (room == 0 || num_empty_slots > room - 1) return Rejection::kStateLimitExceeded;
  state->historical_block_hashes.Append(parent_root);
  state->historical_block_hashes.AppendZeros(num_empty_slots);

  // The flags reach up to the slot before the block: its own is not settled yet.
  if (Verdict rejection = ExtendToSlot(&state->justified_slots.Mutable(),
                                       state->latest_finalized.slot, block.slot - 1)) {
    return rejection;
  }

  state->latest_block_header = {block.slot, block.proposer_index, block.parent_root, kZeroRoot,
                                body_root};
  return kAccepted;
}

Verdict ProcessAttestations(State* state, const AggregatedAttestations& attestations) {
  if (HasTooManyAttestationData(attestations)) return Rejection::kTooManyAttestationData;
  Justifications justifications;
  if (Verdict rejection = UnpackJustifications(*state, &justifications)) return rejection;
  const size_t validator_count = state->validators.size();
  const Slot previous_finalized_slot = state->latest_finalized.slot;

  for (const AggregatedAttestation& attestation : attestations) {
    const Checkpoint& source = attestation.data.source;
    const Checkpoint& target = attestation.data.target;
    const Result<bool> counts = IsVoteToCount(*state, attestation.data);
    if (!counts.ok()) return counts.rejection();
    if (!*counts) continue;

    const std::vector<ValidatorIndex> voters = ToValidatorIndices(attestation.aggregation_bits);
    if (voters.empty()) return Rejection::kEmptyAggregationBits;
    if (voters.back() >= validator_count) return Rejection::kValidatorIndexOutOfRange;
    auto pending = justifications.try_emplace(target.root, validator_count).first;
    for (const ValidatorIndex voter : voters) pending->second.Set(voter, true);

    // Two thirds justify the target.
    if (3 * pending->second.Count() < 2 * validator_count) continue;
    state->latest_justified = state->latest_justified.AdvanceTo(target);
    state->justified_slots.Mutable().Set(target.slot - state->latest_finalized.slot - 1, true);
    justifications.erase(pending);

    // The source is final when nothing between it and the target can be justified any more.
    const Slot finalized_slot = state->latest_finalized.slot;
    if (source.slot > finalized_slot &&
        !HasJustifiableSlotBetween(source.slot, target.slot, finalized_slot)) {
      Finalize(source, state);
      if (Verdict rejection =
              DropFinalizedJustifications(*state, previous_finalized_slot, &justifications)) {
        return rejection;
      }
    }
  }
  return PackJustifications(justifications, state);
}

Verdict ProcessBlock(State* state, const Block& block) {
  if (Verdict rejection = ProcessBlockHeader(state, block, HashTreeRoot(block.body))) {
    return rejection;
  }
  return ProcessAttestations(state, block.body.attestations);
}

Result<State> StateTransition(const State& pre_state, const Block& block, const BlockHash& hash) {
  State state = pre_state;
  if (Verdict rejection = ProcessSlots(&state, block.slot)) return *rejection;
  if (Verdict rejection = ProcessBlockHeader(&state, block, hash.header.body_root)) {
    return *rejection;
  }
  if (Verdict rejection = ProcessAttestations(&state, block.body.attestations)) return *rejection;
  state.cache.header = hash.tree;  // The new header's tree but for the state root.
  if (HashTreeRoot(state) != block.state_root) return Rejection::kStateRootMismatch;
  state.cache.block.emplace(hash.header, hash.root);
  return state;
}

}  // namespace heddle::chain
