// Gossip messages as a network would hand them over, for tests and benchmarks.
#ifndef HEDDLE_SRC_NODE_TESTING_GOSSIP_H_
#define HEDDLE_SRC_NODE_TESTING_GOSSIP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "src/chain/containers.h"
#include "src/chain/genesis.h"
#include "src/node/event.h"

namespace heddle::node {

struct Gossip {
  std::string topic;
  std::vector<uint8_t> payload;

  // A view of this message.
  Event event() const;
};

Gossip GossipOf(const chain::SignedBlock& block);
Gossip GossipOf(const chain::SignedAttestation& vote);
Gossip GossipOf(const chain::SignedAggregatedAttestation& vote);

// A response chunk that carries the block.
std::vector<uint8_t> ChunkOf(const chain::SignedBlock& block);

// The messages of chain::SyntheticChain(validators, slots): in every slot a block, a vote of each
// validator, and their aggregate.
std::vector<Gossip> HealthyMessages(uint64_t validators, uint64_t slots);

// The keys of chain::SyntheticValidators(count).
std::vector<chain::ValidatorKeys> SyntheticKeys(uint64_t count);

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_TESTING_GOSSIP_H_
