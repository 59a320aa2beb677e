// The protocol's containers (leanSpec, forks/lstar/containers). Plain values: what each field means
// and nothing else. Encoding, hash-tree-root and equality derive from the one HEDDLE_SSZ_CONTAINER
// line of each (src/ssz/fields.h).
#ifndef HEDDLE_SRC_CHAIN_CONTAINERS_H_
#define HEDDLE_SRC_CHAIN_CONTAINERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "src/chain/config.h"
#include "src/chain/slot.h"
#include "src/chain/xmss.h"
#include "src/ssz/cached.h"
#include "src/ssz/codec.h"
#include "src/ssz/merkle.h"

namespace heddle::chain {

using ssz::Bytes32;
using ssz::Encode;
using ssz::HashTreeRoot;
using ssz::Root;

inline constexpr Root kZeroRoot{};

// Chain configuration committed into the state.
struct GenesisConfig {
  uint64_t genesis_time = 0;  // Unix seconds.
  HEDDLE_SSZ_CONTAINER(GenesisConfig, genesis_time);
};

// A block that can be justified and finalized.
struct Checkpoint {
  Root root;
  Slot slot = 0;
  HEDDLE_SSZ_CONTAINER(Checkpoint, root, slot);

  // The later of the two, this one on a tie.
  const Checkpoint& AdvanceTo(const Checkpoint& candidate) const {
    return candidate.slot > slot ? candidate : *this;
  }
};

using HistoricalBlockHashes = ssz::RootList<kHistoricalRootsLimit>;

// What a validator votes for: the chain as it sees it.
struct AttestationData {
  Slot slot = 0;  // The slot the vote is made in.
  Checkpoint head;
  Checkpoint target;
  Checkpoint source;
  HEDDLE_SSZ_CONTAINER(AttestationData, slot, head, target, source);

  // Whether all three checkpoints are blocks of the chain whose roots, by slot, are given. A zero
  // root or a slot past the end is not.
  bool LiesOnChain(const HistoricalBlockHashes& hashes) const;
};

// Hash for unordered containers, the same in every process and build.
struct AttestationDataHash {
  size_t operator()(const AttestationData& data) const;
};

// Which validators take part, by registry index.
using AggregationBits = ssz::Bitlist<kValidatorRegistryLimit>;

// Bits with exactly the given indices set, as long as the highest needs. Nothing when `indices` is
// empty or one of them is past the registry limit.
std::optional<AggregationBits> AggregationBitsFromIndices(
    const std::vector<ValidatorIndex>& indices);

// The indices whose bits are set, ascending.
inline std::vector<ValidatorIndex> ToValidatorIndices(const AggregationBits& aggregation_bits) {
  return aggregation_bits.bits.Ones();
}

inline constexpr uint64_t kByteListLimit = 512 * 1024;
using ByteList512KiB = ssz::ByteList<kByteListLimit>;

// One validator's vote.
struct Attestation {
  ValidatorIndex validator_index = 0;
  AttestationData data;
  HEDDLE_SSZ_CONTAINER(Attestation, validator_index, data);
};

struct SignedAttestation {
  ValidatorIndex validator_index = 0;
  AttestationData data;
  Signature signature;  // Of the data's root, with the validator's attestation key.
  HEDDLE_SSZ_CONTAINER(SignedAttestation, validator_index, data, signature);
};

// A vote many validators share.
struct AggregatedAttestation {
  AggregationBits aggregation_bits;
  AttestationData data;
  HEDDLE_SSZ_CONTAINER(AggregatedAttestation, aggregation_bits, data);
};

// Proof that all participants signed one message for one slot. Both stay outside of it.
struct SingleMessageAggregate {
  AggregationBits participants;
  ByteList512KiB proof;
  HEDDLE_SSZ_CONTAINER(SingleMessageAggregate, participants, proof);
};

struct SignedAggregatedAttestation {
  AttestationData data;
  SingleMessageAggregate proof;
  HEDDLE_SSZ_CONTAINER(SignedAggregatedAttestation, data, proof);
};

// Merged proof over many distinct messages.
struct MultiMessageAggregate {
  ByteList512KiB proof;
  HEDDLE_SSZ_CONTAINER(MultiMessageAggregate, proof);
};

using AggregatedAttestations = ssz::List<AggregatedAttestation, kValidatorRegistryLimit>;

struct BlockBody {
  AggregatedAttestations attestations;
  HEDDLE_SSZ_CONTAINER(BlockBody, attestations);
};

// A block without its body. Has the same root as the block.
struct BlockHeader {
  Slot slot = 0;
  ValidatorIndex proposer_index = 0;
  Root parent_root;
  Root state_root;  // In a state: zero until the next slot begins.
  Root body_root;
  HEDDLE_SSZ_CONTAINER(BlockHeader, slot, proposer_index, parent_root, state_root, body_root);
};

struct Block {
  Slot slot = 0;
  ValidatorIndex proposer_index = 0;
  Root parent_root;
  Root state_root;  // Of the state after this block.
  BlockBody body;
  HEDDLE_SSZ_CONTAINER(Block, slot, proposer_index, parent_root, state_root, body);
};

// The root of a block, with the parts of its tree that a state's header shares.
struct BlockHash {
  BlockHeader header;
  ssz::LeafCache<ssz::kFieldCount<BlockHeader>> tree;  // Over the header's fields.
  Root root;
};
BlockHash HashBlock(const Block& block);

// A block with the one proof of all its signatures: one component for each attestation, in body
// order, then the proposer's over the block root.
struct SignedBlock {
  Block block;
  MultiMessageAggregate proof;
  HEDDLE_SSZ_CONTAINER(SignedBlock, block, proof);
};

struct Validator {
  PublicKeyBytes attestation_public_key;
  PublicKeyBytes proposal_public_key;
  ValidatorIndex index = 0;  // Equals the position in the registry.
  HEDDLE_SSZ_CONTAINER(Validator, attestation_public_key, proposal_public_key, index);
};

// The registry. Decoding refuses one whose indices are not its positions.
class Validators : public ssz::SharedList<Validator, kValidatorRegistryLimit> {
 public:
  using SharedList::SharedList;
  absl::Status CheckDecoded() const;
};

// Which slots behind the finalized one are justified. Bit 0 is the slot after it.
using JustifiedSlots = ssz::CachedBitlist<kHistoricalRootsLimit>;
using JustificationRoots = ssz::RootList<kHistoricalRootsLimit>;
// One bit for each pending root and validator, root after root.
using JustificationValidators = ssz::CachedBitlist<kHistoricalRootsLimit * kValidatorRegistryLimit>;

// The consensus state.
//
// A copy shares the long lists with the original and costs O(1) in the length of the history.
// HashTreeRoot keeps what it computes inside, behind a const reference: one object must not be used
// from two threads at once.
struct State {
  GenesisConfig config;
  Slot slot = 0;
  BlockHeader latest_block_header;
  Checkpoint latest_justified;
  Checkpoint latest_finalized;
  HistoricalBlockHashes historical_block_hashes;  // By slot; zero for an empty slot.
  JustifiedSlots justified_slots;
  Validators validators;
  JustificationRoots justifications_roots;  // Blocks with votes short of justification, ascending.
  JustificationValidators justifications_validators;
  HEDDLE_SSZ_CONTAINER(State, config, slot, latest_block_header, latest_justified, latest_finalized,
                       historical_block_hashes, justified_slots, validators, justifications_roots,
                       justifications_validators);

  // What earlier roots have computed. Not part of the value.
  struct Cache {
    ssz::LeafCache<ssz::kFieldCount<BlockHeader>> header;
    ssz::LeafCache<ssz::kFieldCount<Checkpoint>> justified;
    ssz::LeafCache<ssz::kFieldCount<Checkpoint>> finalized;
    ssz::LeafCache<10> fields;
    // The block that led to this state: what the header will be once its state root is filled in.
    std::optional<std::pair<BlockHeader, Root>> block;
  };
  mutable Cache cache;
};

}  // namespace heddle::chain

namespace heddle::ssz {

template <>
struct Codec<chain::Validators> {
  using Base = Codec<chain::Validators::SharedList>;
  static constexpr size_t kLength = Base::kLength;
  static void Append(const chain::Validators& value, std::vector<uint8_t>* out) {
    Base::Append(value, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, chain::Validators* value) {
    absl::Status status = Base::Read(bytes, value);
    return status.ok() ? value->CheckDecoded() : status;
  }
};

template <>
struct TreeRoot<chain::Validators> : TreeRoot<chain::Validators::SharedList> {};

// Root of a state through its caches.
Root CachedStateRoot(const chain::State& state);

template <>
struct TreeRoot<chain::State> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const chain::State& state, Pairs& pairs) {
    if constexpr (std::is_same_v<Pairs, Sha256Pairs>) return CachedStateRoot(state);
    return ContainerRoot(state, pairs);
  }
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_CHAIN_CONTAINERS_H_
