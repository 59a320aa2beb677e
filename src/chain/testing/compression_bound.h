// The least hashing that importing a block can cost.
#ifndef HEDDLE_SRC_CHAIN_TESTING_COMPRESSION_BOUND_H_
#define HEDDLE_SRC_CHAIN_TESTING_COMPRESSION_BOUND_H_

#include <cstdint>

#include "src/chain/containers.h"

namespace heddle::chain {

// SHA-256 compressions that a perfect cache needs to import `block`: to know the block's root and
// the root of `post_state`, given that it has seen `pre_state`'s tree and the parent's root, and
// never hashes the same two nodes twice. Nothing that gets both roots from SHA-256 can do with
// fewer. O(everything in both states): walks both trees whole.
uint64_t FewestCompressions(const State& pre_state, const Block& block, const State& post_state);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_TESTING_COMPRESSION_BOUND_H_
