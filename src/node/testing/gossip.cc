#include "src/node/testing/gossip.h"

#include "src/chain/testing/synthetic_chain.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/topic.h"

namespace heddle::node {
namespace {

constexpr char kNetwork[] = "12345678";

template <typename Container>
Gossip Make(wire::TopicKind kind, const Container& container) {
  return {wire::FormatTopic({kind, kNetwork, 0}), wire::SnappyCompress(ssz::Encode(container))};
}

}  // namespace

Event Gossip::event() const {
  return {.kind = EventKind::kGossip, .name = topic, .peer = "16Uiu2HAmPeer", .payload = payload};
}

Gossip GossipOf(const chain::SignedBlock& block) { return Make(wire::TopicKind::kBlock, block); }

Gossip GossipOf(const chain::SignedAttestation& vote) {
  return Make(wire::TopicKind::kAttestationSubnet, vote);
}

Gossip GossipOf(const chain::SignedAggregatedAttestation& vote) {
  return Make(wire::TopicKind::kAggregation, vote);
}

std::vector<uint8_t> ChunkOf(const chain::SignedBlock& block) {
  return *wire::EncodeResponseChunk(wire::ResponseCode::kSuccess, ssz::Encode(block));
}

std::vector<Gossip> HealthyMessages(uint64_t validators, uint64_t slots) {
  std::vector<Gossip> messages;
  for (const chain::SyntheticSlot& slot : chain::SyntheticChain(validators, slots)) {
    messages.push_back(GossipOf(slot.block));
    for (chain::ValidatorIndex voter = 0; voter < validators; ++voter) {
      messages.push_back(GossipOf(chain::SignedVote(slot.votes.data, voter)));
    }
    messages.push_back(GossipOf(slot.votes));
  }
  return messages;
}

std::vector<chain::ValidatorKeys> SyntheticKeys(uint64_t count) {
  std::vector<chain::ValidatorKeys> keys;
  for (const chain::Validator& validator : chain::SyntheticValidators(count)) {
    keys.emplace_back(validator.attestation_public_key, validator.proposal_public_key);
  }
  return keys;
}

}  // namespace heddle::node
