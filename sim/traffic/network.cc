#include "sim/traffic/network.h"

#include <utility>

#include "src/chain/block_production.h"
#include "src/chain/genesis.h"
#include "src/chain/slot.h"
#include "src/node/check.h"

namespace heddle::traffic {
namespace {

// A view of fewer blocks is not worth starting anew.
constexpr size_t kFewBlocks = 128;

// Stateless, and so shared by all groups.
chain::StructuralVerifier verifier;
chain::PlaceholderProver prover;

}  // namespace

chain::Store GenesisStore(uint64_t genesis_time, const std::vector<chain::ValidatorKeys>& keys) {
  chain::State genesis = chain::GenerateGenesis(genesis_time, chain::MakeValidators(keys));
  chain::Block block = chain::AnchorBlock(genesis);
  chain::Result<chain::Store> store =
      chain::Store::Create(std::move(genesis), std::move(block), &verifier, &prover);
  HEDDLE_CHECK(store.ok());
  return std::move(*store);
}

chain::SignedBlock Sign(chain::Block block) {
  return {std::move(block), {{chain::PlaceholderProver::Prefix()}}};
}

std::vector<chain::SignedAggregatedAttestation> Group::Tick(chain::Interval interval,
                                                            bool has_proposal) {
  while (!due_.empty() && due_.begin()->first <= interval) {
    const chain::SignedBlock block = std::move(due_.extract(due_.begin()).mapped());
    Deliver(block);
  }
  return store_.OnTick(interval, has_proposal, /*is_aggregator=*/true);
}

chain::SignedBlock Group::Propose(chain::Slot slot, chain::ValidatorIndex proposer, bool on_parent,
                                  bool with_votes) {
  chain::Root parent = store_.head();
  // The head is of this slot when the proposer's other block for it has become the head.
  if (on_parent || store_.FindBlock(parent)->slot >= slot) {
    const chain::Root& grandparent = store_.FindBlock(parent)->parent_root;
    if (store_.Contains(grandparent)) parent = grandparent;
  }
  chain::Result<chain::BuiltBlock> built = chain::BuildBlock(
      *store_.FindState(parent), slot, proposer, parent,
      [this](const chain::Root& root) { return store_.Contains(root); },
      with_votes ? store_.known_aggregated_payloads() : chain::AggregatedPool(), &prover);
  // The proposer is the slot's, and the slot is after the parent's: nothing can be wrong.
  HEDDLE_CHECK(built.ok());
  return Sign(std::move(built->block));
}

void Group::Deliver(const chain::SignedBlock& block) {
  if (store_.Contains(chain::HashTreeRoot(block.block))) return;
  if (!store_.OnBlock(block)) recent_.push_back(block.block);
}

void Group::DeliverAt(chain::Interval due, const chain::SignedBlock& block) {
  due_.emplace(due, block);
}

std::optional<chain::AttestationData> Group::VoteAt(chain::Slot slot) const {
  chain::Result<chain::AttestationData> data = store_.ProduceAttestationData(slot);
  if (!data.ok()) return std::nullopt;
  return *data;
}

std::optional<chain::AttestationData> Group::OtherVoteAt(chain::Slot slot) const {
  std::optional<chain::AttestationData> data = VoteAt(slot);
  if (!data.has_value()) return std::nullopt;
  const chain::Root parent = store_.FindBlock(data->head.root)->parent_root;
  if (!store_.Contains(parent)) return std::nullopt;
  data->head = {parent, store_.SlotOf(parent)};
  if (data->target.slot > data->head.slot) data->target = data->source;
  return data;
}

void Group::Deliver(const chain::SignedAttestation& vote) {
  // A vote that is refused is refused by everybody else too.
  (void)store_.OnGossipAttestation(vote, /*is_aggregator=*/true);
}

void Group::Prune() {
  const chain::Checkpoint finalized = store_.latest_finalized();
  std::erase_if(recent_, [&](const chain::Block& block) { return block.slot <= finalized.slot; });
  if (store_.block_count() < kFewBlocks + 2 * recent_.size()) return;
  chain::Result<chain::Store> created = chain::Store::Create(
      *store_.FindState(finalized.root), *store_.FindBlock(finalized.root), &verifier, &prover);
  HEDDLE_CHECK(created.ok());
  chain::Store& fresh = *created;
  const chain::Interval now = store_.time();
  fresh.OnTick(now - 1, /*has_proposal=*/false, /*is_aggregator=*/false);
  for (const chain::Block& block : recent_) (void)fresh.OnBlock(Sign(block));
  for (const auto& entry : store_.known_aggregated_payloads()) {
    for (const chain::SingleMessageAggregate& proof : entry.votes) {
      (void)fresh.OnGossipAggregatedAttestation({entry.data, proof});
    }
  }
  fresh.OnTick(now, /*has_proposal=*/false, /*is_aggregator=*/false);  // accepts them
  store_ = std::move(fresh);
}

}  // namespace heddle::traffic
