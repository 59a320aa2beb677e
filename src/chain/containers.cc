#include "src/chain/containers.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace heddle::chain {

bool AttestationData::LiesOnChain(const HistoricalBlockHashes& hashes) const {
  // An empty slot is zero in the history, so a zero root must not match it.
  if (source.root.IsZero() || target.root.IsZero() || head.root.IsZero()) return false;
  const auto matches = [&](const Checkpoint& checkpoint) {
    return checkpoint.slot < hashes.size() && hashes[checkpoint.slot] == checkpoint.root;
  };
  return matches(source) && matches(target) && matches(head);
}

size_t AttestationDataHash::operator()(const AttestationData& data) const {
  // Roots are uniformly distributed already; the multipliers keep equal roots from cancelling.
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  const ssz::RootHash hash;
  uint64_t sum = data.slot;
  for (const Checkpoint* checkpoint : {&data.head, &data.target, &data.source}) {
    sum = sum * kOdd + hash(checkpoint->root);
    sum = sum * kOdd + checkpoint->slot;
  }
  return sum;
}

std::optional<AggregationBits> AggregationBitsFromIndices(
    const std::vector<ValidatorIndex>& indices) {
  if (indices.empty()) return std::nullopt;
  const ValidatorIndex highest = *std::max_element(indices.begin(), indices.end());
  if (highest >= AggregationBits::kLimit) return std::nullopt;
  AggregationBits aggregation_bits{ssz::Bits(highest + 1)};
  for (const ValidatorIndex index : indices) aggregation_bits.bits.Set(index, true);
  return aggregation_bits;
}

absl::Status Validators::CheckDecoded() const {
  for (size_t position = 0; position < size(); ++position) {
    const ValidatorIndex index = (*this)[position].index;
    if (index != position) {
      return absl::InvalidArgumentError(
          absl::StrCat("[", position, "].index: expected the position, got ", index));
    }
  }
  return absl::OkStatus();
}

namespace {

// The roots of a container's fields, when each is a single chunk.
template <class T>
std::array<Root, ssz::kFieldCount<T>> FieldRoots(const T& value) {
  std::array<Root, ssz::kFieldCount<T>> roots;
  size_t i = 0;
  ssz::ForEachField<T>([&](const auto& field) { roots[i++] = HashTreeRoot(value.*field.member); });
  return roots;
}

}  // namespace

BlockHash HashBlock(const Block& block) {
  BlockHash hash;
  hash.header = {block.slot, block.proposer_index, block.parent_root, block.state_root,
                 HashTreeRoot(block.body)};
  hash.root = hash.tree.Update(FieldRoots(hash.header));
  return hash;
}

}  // namespace heddle::chain

namespace heddle::ssz {

Root CachedStateRoot(const chain::State& state) {
  chain::State::Cache& cache = state.cache;
  return cache.fields.Update({HashTreeRoot(state.config), HashTreeRoot(state.slot),
                              cache.header.Update(chain::FieldRoots(state.latest_block_header)),
                              cache.justified.Update(chain::FieldRoots(state.latest_justified)),
                              cache.finalized.Update(chain::FieldRoots(state.latest_finalized)),
                              HashTreeRoot(state.historical_block_hashes),
                              HashTreeRoot(state.justified_slots), HashTreeRoot(state.validators),
                              HashTreeRoot(state.justifications_roots),
                              HashTreeRoot(state.justifications_validators)});
}

}  // namespace heddle::ssz
