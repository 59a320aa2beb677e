// Merkle trees that remember their nodes.
#ifndef HEDDLE_SRC_SSZ_MERKLE_TREE_H_
#define HEDDLE_SRC_SSZ_MERKLE_TREE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/ssz/bytes.h"
#include "src/ssz/hash.h"

namespace heddle::ssz {

// A growing sequence of 32-byte chunks with the Merkle tree over them.
//
// The tree is persistent: its nodes are immutable and shared, so a copy costs one pointer, and a
// changed copy shares every subtree that did not change with the original. One state a block can
// then be kept for thousands of blocks. A subtree of zero chunks has no node, so a run of any
// length costs nothing.
//
// Costs, for n chunks: copy and AppendZeros O(1); Append and Get O(log n); Assign O(n)
// comparisons, and hashes only on the paths to chunks that differ. Each changed node is hashed
// once, when it is made.
//
// Distinct objects may be used from distinct threads even if they share nodes. One object follows
// the usual rule: concurrent reads, or one writer.
class MerkleTree {
 public:
  MerkleTree() = default;

  // Number of chunks.
  uint64_t size() const { return size_; }

  // The chunk at `index` < size().
  Root Get(uint64_t index) const;

  void Append(const Root& chunk);
  void AppendZeros(uint64_t count);

  // Replaces the contents. Subtrees that stay the same are kept with their hashes.
  void Assign(std::span<const Root> chunks);

  // Root of the tree with 2^depth leaves, zero chunks behind the last one. 2^depth >= size().
  // Costs a hash a level between the tree's own height and `depth`.
  Root RootAt(unsigned depth) const;

  // Same chunks. Compares hashes, not chunks.
  friend bool operator==(const MerkleTree& a, const MerkleTree& b);

 private:
  struct Node;
  using NodePointer = std::shared_ptr<const Node>;  // Null: all chunks below are zero.

  static NodePointer MakeLeaf(const Root& chunk);
  static NodePointer MakeParent(NodePointer left, NodePointer right, unsigned height);
  static NodePointer WithChunk(const NodePointer& node, unsigned height, uint64_t index,
                               const Root& chunk);
  static NodePointer WithChunks(const NodePointer& node, unsigned height,
                                std::span<const Root> chunks);
  // The tree of `height` over `chunks`, sharing what it can with this one.
  NodePointer Rebuilt(unsigned height, std::span<const Root> chunks) const;

  NodePointer root_;
  unsigned height_ = 0;  // root_ covers the first 2^height_ chunks. Those behind them are zero.
  uint64_t size_ = 0;
};

// The tree over a fixed, small number of leaves, that hashes again only above leaves that changed
// since the last time. For containers whose fields change one at a time. A plain value.
template <size_t Leaves>
class LeafCache {
 public:
  // Root over `leaves`, padded with zero chunks to a power of two.
  const Root& Update(const std::array<Root, Leaves>& leaves) {
    for (size_t i = 0; i < Leaves; ++i) {
      if (valid_ && nodes_[kWidth + i] == leaves[i]) continue;
      nodes_[kWidth + i] = leaves[i];
      MarkPath(kWidth + i);
    }
    if (!valid_) FillZeros();
    for (size_t i = kWidth - 1; i >= 1; --i) {
      if (!stale_[i]) continue;
      stale_[i] = false;
      nodes_[i] = HashPair(nodes_[2 * i], nodes_[2 * i + 1]);
    }
    valid_ = true;
    return nodes_[1];
  }

 private:
  static constexpr size_t Width() {
    size_t width = 1;
    while (width < Leaves) width *= 2;
    return width;
  }
  static constexpr size_t kWidth = Width();

  void MarkPath(size_t node) {
    while ((node /= 2) >= 1) stale_[node] = true;
  }
  // Nodes over padding alone are zero hashes; the others are stale on the first update.
  void FillZeros() {
    for (size_t i = 1; i < kWidth; ++i) {
      if (stale_[i]) continue;
      unsigned height = 0;
      for (size_t node = i; node < kWidth; node *= 2) ++height;
      nodes_[i] = ZeroHash(height);
    }
  }

  std::array<Root, 2 * kWidth> nodes_{};  // A heap: 1 is the root, i has children 2i and 2i + 1.
  std::array<bool, kWidth> stale_{};
  bool valid_ = false;
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_MERKLE_TREE_H_
