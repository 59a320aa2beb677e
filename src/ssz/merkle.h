// Merkleization and hash-tree-root (leanSpec, src/lean_spec/spec/crypto/merkleization.py).
//
// Every function here takes the way to hash two nodes as an argument, Sha256Pairs unless told
// otherwise. Pure functions, except that types with a cache (cached.h, chain/state.h) fill it when
// the hasher is Sha256Pairs.
#ifndef HEDDLE_SRC_SSZ_MERKLE_H_
#define HEDDLE_SRC_SSZ_MERKLE_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "src/ssz/codec.h"
#include "src/ssz/fields.h"
#include "src/ssz/hash.h"
#include "src/ssz/types.h"

namespace heddle::ssz {

inline constexpr size_t kBytesPerChunk = 32;

// Chunks that `count` items of `width` bytes fill.
constexpr uint64_t ChunksFor(uint64_t count, uint64_t width) {
  return count / kBytesPerChunk * width +
         (count % kBytesPerChunk * width + kBytesPerChunk - 1) / kBytesPerChunk;
}

// Depth of the lowest tree with room for `leaves` leaves.
constexpr unsigned DepthFor(uint64_t leaves) {
  return leaves <= 1 ? 0 : static_cast<unsigned>(std::bit_width(leaves - 1));
}

// `bytes` cut into chunks, the last one padded with zeros.
std::vector<Root> PackBytes(std::span<const uint8_t> bytes);

// Root of the tree with 2^depth leaves over `chunks`; missing leaves are zero. Zero subtrees are
// looked up, never built: the cost is O(number of chunks + depth).
template <class Pairs>
Root Merkleize(std::vector<Root> chunks, unsigned depth, Pairs& pairs) {
  if (chunks.empty()) return ZeroHash(depth);
  for (unsigned height = 0; height < depth; ++height) {
    if (chunks.size() % 2 == 1) chunks.push_back(ZeroHash(height));
    for (size_t i = 0; i < chunks.size() / 2; ++i) {
      // A zero node over zero nodes needs no hashing.
      const bool zero = chunks[2 * i] == ZeroHash(height) && chunks[2 * i + 1] == ZeroHash(height);
      chunks[i] = zero ? ZeroHash(height + 1) : pairs(chunks[2 * i], chunks[2 * i + 1]);
    }
    chunks.resize(chunks.size() / 2);
  }
  return chunks[0];
}

template <class Pairs>
Root MixInLength(const Root& root, uint64_t length, Pairs& pairs) {
  Root chunk;
  std::memcpy(chunk.data(), &length, sizeof(length));
  return pairs(root, chunk);
}

// How one type is merkleized. A specialisation has
//   static constexpr bool kPacked     basic values share chunks in lists and vectors;
//   template <class Pairs> static Root Get(const T&, Pairs&).
template <class T>
struct TreeRoot;

template <class T, class Pairs>
Root HashTreeRoot(const T& value, Pairs& pairs) {
  return TreeRoot<T>::Get(value, pairs);
}

template <class T>
Root HashTreeRoot(const T& value) {
  Sha256Pairs pairs;
  return TreeRoot<T>::Get(value, pairs);
}

// Basic values: their encoding, padded to a chunk.
template <class T>
struct BasicTreeRoot {
  static constexpr bool kPacked = true;
  template <class Pairs>
  static Root Get(const T& value, Pairs&) {
    static_assert(sizeof(T) <= kBytesPerChunk);
    Root chunk;
    std::memcpy(chunk.data(), &value, Codec<T>::kLength);
    return chunk;
  }
};
template <std::unsigned_integral T>
struct TreeRoot<T> : BasicTreeRoot<T> {};
template <>
struct TreeRoot<bool> : BasicTreeRoot<bool> {};

template <size_t N>
struct TreeRoot<Bytes<N>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const Bytes<N>& value, Pairs& pairs) {
    if constexpr (N == kBytesPerChunk) return value;
    return Merkleize(PackBytes(value.bytes), DepthFor(ChunksFor(N, 1)), pairs);
  }
};

template <uint64_t Limit>
struct TreeRoot<ByteList<Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const ByteList<Limit>& value, Pairs& pairs) {
    const Root root = Merkleize(PackBytes(value.bytes), DepthFor(ChunksFor(Limit, 1)), pairs);
    return MixInLength(root, value.bytes.size(), pairs);
  }
};

// Chunks that hold up to `bits` bits.
constexpr uint64_t ChunksForBits(uint64_t bits) { return bits / 256 + (bits % 256 != 0 ? 1 : 0); }

template <uint64_t Limit>
struct TreeRoot<Bitlist<Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const Bitlist<Limit>& value, Pairs& pairs) {
    const unsigned depth = DepthFor(ChunksForBits(Limit));
    return MixInLength(Merkleize(PackBytes(value.bits.bytes()), depth, pairs), value.bits.size(),
                       pairs);
  }
};

template <size_t Length>
struct TreeRoot<Bitvector<Length>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const Bitvector<Length>& value, Pairs& pairs) {
    return Merkleize(PackBytes(value.bits.bytes()), DepthFor(ChunksForBits(Length)), pairs);
  }
};

// Leaves over a sequence of elements: packed basic values, or one root each.
template <class T, class Range, class Pairs>
std::vector<Root> ElementLeaves(const Range& elements, Pairs& pairs) {
  if constexpr (TreeRoot<T>::kPacked) {
    std::vector<uint8_t> bytes;
    for (const T& element : elements) Codec<T>::Append(element, &bytes);
    return PackBytes(bytes);
  } else {
    std::vector<Root> leaves;
    leaves.reserve(elements.size());
    for (const T& element : elements) leaves.push_back(TreeRoot<T>::Get(element, pairs));
    return leaves;
  }
}

// Leaves that `count` elements take.
template <class T>
constexpr uint64_t LeafCount(uint64_t count) {
  if constexpr (TreeRoot<T>::kPacked) return ChunksFor(count, Codec<T>::kLength);
  return count;
}

template <class T, uint64_t Limit>
struct TreeRoot<List<T, Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const List<T, Limit>& value, Pairs& pairs) {
    const unsigned depth = DepthFor(LeafCount<T>(Limit));
    const Root root = Merkleize(ElementLeaves<T>(value.elements, pairs), depth, pairs);
    return MixInLength(root, value.size(), pairs);
  }
};

template <class T, size_t Length>
struct TreeRoot<Vector<T, Length>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const Vector<T, Length>& value, Pairs& pairs) {
    return Merkleize(ElementLeaves<T>(value.elements, pairs), DepthFor(LeafCount<T>(Length)),
                     pairs);
  }
};

// A container: the roots of its fields are the leaves.
template <Container T, class Pairs>
Root ContainerRoot(const T& value, Pairs& pairs) {
  std::vector<Root> leaves;
  leaves.reserve(kFieldCount<T> + 1);
  ForEachField<T>(
      [&](const auto& field) { leaves.push_back(HashTreeRoot(value.*field.member, pairs)); });
  return Merkleize(std::move(leaves), DepthFor(kFieldCount<T>), pairs);
}

template <Container T>
struct TreeRoot<T> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const T& value, Pairs& pairs) {
    return ContainerRoot(value, pairs);
  }
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_MERKLE_H_
