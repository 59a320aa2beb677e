#include "src/ssz/merkle_tree.h"

#include <bit>
#include <cassert>
#include <utility>

namespace heddle::ssz {

struct MerkleTree::Node {
  Root hash;  // The chunk itself at height 0.
  NodePointer left;
  NodePointer right;
};

namespace {

// Height of the lowest tree with at least `size` leaves.
unsigned HeightFor(uint64_t size) {
  return size <= 1 ? 0 : static_cast<unsigned>(std::bit_width(size - 1));
}

}  // namespace

MerkleTree::NodePointer MerkleTree::MakeLeaf(const Root& chunk) {
  if (chunk.IsZero()) return nullptr;
  return std::make_shared<const Node>(Node{chunk, nullptr, nullptr});
}

MerkleTree::NodePointer MerkleTree::MakeParent(NodePointer left, NodePointer right,
                                               unsigned height) {
  if (left == nullptr && right == nullptr) return nullptr;
  const Root& zero = ZeroHash(height - 1);
  const Root hash = HashPair(left ? left->hash : zero, right ? right->hash : zero);
  return std::make_shared<const Node>(Node{hash, std::move(left), std::move(right)});
}

MerkleTree::NodePointer MerkleTree::WithChunk(const NodePointer& node, unsigned height,
                                              uint64_t index, const Root& chunk) {
  if (height == 0) return MakeLeaf(chunk);
  NodePointer left = node ? node->left : nullptr;
  NodePointer right = node ? node->right : nullptr;
  const uint64_t half = uint64_t{1} << (height - 1);
  if (index < half) {
    left = WithChunk(left, height - 1, index, chunk);
  } else {
    right = WithChunk(right, height - 1, index - half, chunk);
  }
  return MakeParent(std::move(left), std::move(right), height);
}

MerkleTree::NodePointer MerkleTree::WithChunks(const NodePointer& node, unsigned height,
                                               std::span<const Root> chunks) {
  if (chunks.empty()) return nullptr;
  if (height == 0) return node && node->hash == chunks[0] ? node : MakeLeaf(chunks[0]);
  const size_t split = std::min<uint64_t>(uint64_t{1} << (height - 1), chunks.size());
  NodePointer left = WithChunks(node ? node->left : nullptr, height - 1, chunks.first(split));
  NodePointer right = WithChunks(node ? node->right : nullptr, height - 1, chunks.subspan(split));
  if (node && node->left == left && node->right == right) return node;
  return MakeParent(std::move(left), std::move(right), height);
}

MerkleTree::NodePointer MerkleTree::Rebuilt(unsigned height, std::span<const Root> chunks) const {
  if (height <= height_) {
    NodePointer node = root_;
    for (unsigned h = height_; h > height; --h) node = node ? node->left : nullptr;
    return WithChunks(node, height, chunks);
  }
  const size_t split = std::min<uint64_t>(uint64_t{1} << (height - 1), chunks.size());
  NodePointer left = Rebuilt(height - 1, chunks.first(split));
  NodePointer right = WithChunks(nullptr, height - 1, chunks.subspan(split));
  return MakeParent(std::move(left), std::move(right), height);
}

Root MerkleTree::Get(uint64_t index) const {
  assert(index < size_);
  const Node* node = index >> height_ == 0 ? root_.get() : nullptr;
  for (unsigned height = height_; node != nullptr && height > 0; --height) {
    const bool right = index >> (height - 1) & 1;
    node = (right ? node->right : node->left).get();
  }
  return node ? node->hash : Root{};
}

void MerkleTree::Append(const Root& chunk) {
  const uint64_t index = size_++;
  if (chunk.IsZero()) return;
  const unsigned height = HeightFor(index + 1);
  if (height <= height_) {
    root_ = WithChunk(root_, height_, index, chunk);
    return;
  }
  // The chunk is in the right half of a higher tree, what was there before in the left.
  while (height_ + 1 < height) {
    ++height_;
    root_ = MakeParent(std::move(root_), nullptr, height_);
  }
  const uint64_t half = uint64_t{1} << (height - 1);
  NodePointer right = WithChunk(nullptr, height - 1, index - half, chunk);
  root_ = MakeParent(std::move(root_), std::move(right), height);
  height_ = height;
}

void MerkleTree::AppendZeros(uint64_t count) { size_ += count; }

void MerkleTree::Assign(std::span<const Root> chunks) {
  const unsigned height = HeightFor(chunks.size());
  root_ = Rebuilt(height, chunks);
  height_ = height;
  size_ = chunks.size();
}

Root MerkleTree::RootAt(unsigned depth) const {
  if (root_ == nullptr) return ZeroHash(depth);
  assert(height_ <= depth);
  Root root = root_->hash;
  for (unsigned height = height_; height < depth; ++height) {
    root = HashPair(root, ZeroHash(height));
  }
  return root;
}

bool operator==(const MerkleTree& a, const MerkleTree& b) {
  if (a.size_ != b.size_) return false;
  const MerkleTree& low = a.height_ < b.height_ ? a : b;
  const MerkleTree& high = a.height_ < b.height_ ? b : a;
  const MerkleTree::Node* node = high.root_.get();
  for (unsigned height = high.height_; node != nullptr && height > low.height_; --height) {
    if (node->right != nullptr) return false;
    node = node->left.get();
  }
  if (node == nullptr || low.root_ == nullptr) return node == low.root_.get();
  return node->hash == low.root_->hash;
}

}  // namespace heddle::ssz
