// SHA-256 as SSZ uses it: only ever over two 32-byte nodes.
#ifndef HEDDLE_SRC_SSZ_HASH_H_
#define HEDDLE_SRC_SSZ_HASH_H_

#include <cstdint>

#include "src/ssz/bytes.h"

namespace heddle::ssz {

// SHA-256 of left || right.
//
// Sixty-four bytes are one message block and one padding block, so a call costs
// kCompressionsPerPair compressions. Both are counted in CompressionCount().
Root HashPair(const Root& left, const Root& right);

inline constexpr uint64_t kCompressionsPerPair = 2;

// SHA-256 compressions that this thread has spent in HashPair so far. Counts for ever; a reader
// takes the difference of two readings. One increment of a thread-local word a call: no race.
uint64_t CompressionCount();

// Deepest zero subtree in the table: no SSZ type here has more than 2^64 chunks.
inline constexpr unsigned kMaxTreeDepth = 64;

// Root of the perfect tree of 2^depth all-zero chunks. depth <= kMaxTreeDepth.
const Root& ZeroHash(unsigned depth);

// The way Merkleization hashes two nodes. HashTreeRoot takes any functor of this shape, so that a
// benchmark can put a recording one in its place.
struct Sha256Pairs {
  Root operator()(const Root& left, const Root& right) const { return HashPair(left, right); }
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_HASH_H_
