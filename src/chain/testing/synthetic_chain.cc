#include "src/chain/testing/synthetic_chain.h"

#include <cstdlib>
#include <numeric>
#include <utility>

#include "src/chain/block_production.h"
#include "src/chain/genesis.h"

namespace heddle::chain {
namespace {

// Unwraps a result that cannot be a refusal.
template <class T>
T Must(Result<T> result) {
  if (!result.ok()) std::abort();
  return std::move(*result);
}

void Must(Verdict rejection) {
  if (rejection) std::abort();
}

// The first field element of a key tells keys apart. The rest is zero, and decodes.
PublicKeyBytes SyntheticKey(uint32_t number) {
  PublicKeyBytes key;
  std::memcpy(key.data(), &number, sizeof(number));
  return key;
}

}  // namespace

Validators SyntheticValidators(uint64_t count) {
  std::vector<ValidatorKeys> keys;
  for (uint32_t i = 0; i < count; ++i) {
    keys.emplace_back(SyntheticKey(2 * i + 1), SyntheticKey(2 * i + 2));
  }
  return MakeValidators(keys);
}

Store GenesisStore(uint64_t count) {
  static StructuralVerifier verifier;
  static PlaceholderProver prover;
  State genesis = GenerateGenesis(/*genesis_time=*/0, SyntheticValidators(count));
  Block block = AnchorBlock(genesis);
  return Must(Store::Create(std::move(genesis), std::move(block), &verifier, &prover));
}

SignedBlock Sign(Block block) { return {std::move(block), {{PlaceholderProver::Prefix()}}}; }

SignedAggregatedAttestation AggregateOf(const AttestationData& data,
                                        const std::vector<ValidatorIndex>& voters) {
  return {data, {*AggregationBitsFromIndices(voters), {PlaceholderProver::Prefix()}}};
}

SignedAttestation SignedVote(const AttestationData& data, ValidatorIndex voter) {
  SignedAttestation vote{voter, data, {}};
  vote.signature.path.siblings.elements.resize(TestScheme::kLogLifetime);
  vote.signature.hashes.elements.resize(TestScheme::kDimension);
  vote.signature.rho[0].value = static_cast<uint32_t>(voter + 1);
  return vote;
}

std::vector<SyntheticSlot> SyntheticChain(uint64_t validators, uint64_t slots,
                                          double voting_share) {
  const auto voter_count = static_cast<uint64_t>(static_cast<double>(validators) * voting_share);
  std::vector<ValidatorIndex> voters(voter_count == 0 ? 1 : voter_count);
  std::iota(voters.begin(), voters.end(), 0);
  Store store = GenesisStore(validators);
  PlaceholderProver prover;
  std::vector<SyntheticSlot> chain;
  for (Slot slot = 1; slot <= slots; ++slot) {
    store.OnTick(IntervalFromSlot(slot), /*has_proposal=*/true, /*is_aggregator=*/false);
    SyntheticSlot next;
    next.block = Sign(Must(BuildBlock(
                               *store.FindState(store.head()), slot, slot % validators,
                               store.head(), [&](const Root& root) { return store.Contains(root); },
                               store.known_aggregated_payloads(), &prover))
                          .block);
    Must(store.OnBlock(next.block));
    next.votes = AggregateOf(Must(store.ProduceAttestationData(slot)), voters);
    Must(store.OnGossipAggregatedAttestation(next.votes));
    chain.push_back(std::move(next));
  }
  return chain;
}

Verdict Deliver(const SyntheticSlot& slot, Store* store) {
  store->OnTick(IntervalFromSlot(slot.block.block.slot), /*has_proposal=*/true,
                /*is_aggregator=*/false);
  if (Verdict rejection = store->OnBlock(slot.block)) return rejection;
  return store->OnGossipAggregatedAttestation(slot.votes);
}

}  // namespace heddle::chain
