// Lists that keep their Merkle tree between hash-tree-roots, for the parts of a state that are long
// and change little from block to block. On the wire they are the lists they stand for.
//
// Copies share trees (see MerkleTree). A root may fill a cache behind a const reference, so one
// object must not be used from two threads at once, not even through const.
#ifndef HEDDLE_SRC_SSZ_CACHED_H_
#define HEDDLE_SRC_SSZ_CACHED_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/ssz/merkle.h"
#include "src/ssz/merkle_tree.h"

namespace heddle::ssz {

// Root of a list over a tree: the tree's root at the depth of the limit, and the length. Remembered
// for the tree it was last computed for.
class ListRoot {
 public:
  const Root& Get(const MerkleTree& tree, uint64_t length, unsigned depth) {
    if (!root_ || length != length_ || !(tree == tree_)) {
      Sha256Pairs pairs;
      root_ = MixInLength(tree.RootAt(depth), length, pairs);
      tree_ = tree;
      length_ = length;
    }
    return *root_;
  }

 private:
  std::optional<Root> root_;
  MerkleTree tree_;
  uint64_t length_ = 0;
};

// List[Bytes32, Limit] that grows at the end. Copying is O(1), appending O(log size).
template <uint64_t Limit>
class RootList {
 public:
  static constexpr uint64_t kLimit = Limit;
  static constexpr unsigned kDepth = DepthFor(Limit);

  RootList() = default;
  explicit RootList(std::span<const Root> roots) { tree_.Assign(roots); }

  uint64_t size() const { return tree_.size(); }
  bool empty() const { return size() == 0; }
  Root operator[](uint64_t index) const { return tree_.Get(index); }
  void Append(const Root& root) { tree_.Append(root); }
  void AppendZeros(uint64_t count) { tree_.AppendZeros(count); }
  // Replaces the contents, keeping the hashes of subtrees that stay the same.
  void Assign(std::span<const Root> roots) { tree_.Assign(roots); }
  // All elements. O(size).
  std::vector<Root> ToVector() const {
    std::vector<Root> roots(size());
    for (uint64_t i = 0; i < size(); ++i) roots[i] = tree_.Get(i);
    return roots;
  }

  Root HashTreeRoot() const { return root_.Get(tree_, size(), kDepth); }

  friend bool operator==(const RootList& a, const RootList& b) { return a.tree_ == b.tree_; }

 private:
  MerkleTree tree_;
  mutable ListRoot root_;
};

// Bitlist[Limit]. The bits are a plain run; the tree over them follows when a root is asked for.
template <uint64_t Limit>
class CachedBitlist {
 public:
  static constexpr uint64_t kLimit = Limit;
  static constexpr unsigned kDepth = DepthFor(ChunksForBits(Limit));

  CachedBitlist() = default;
  explicit CachedBitlist(Bits bits) : bits_(std::move(bits)), stale_(true) {}

  const Bits& bits() const { return bits_; }
  size_t size() const { return bits_.size(); }
  bool operator[](size_t index) const { return bits_[index]; }
  // For changing them, before the next root is asked for.
  Bits& Mutable() {
    stale_ = true;
    return bits_;
  }

  Root HashTreeRoot() const {
    if (stale_) {
      tree_.Assign(PackBytes(bits_.bytes()));
      stale_ = false;
    }
    return root_.Get(tree_, size(), kDepth);
  }

  friend bool operator==(const CachedBitlist& a, const CachedBitlist& b) {
    return a.bits_ == b.bits_;
  }

 private:
  Bits bits_;
  mutable MerkleTree tree_;
  mutable bool stale_ = false;  // tree_ is behind bits_.
  mutable ListRoot root_;
};

// List[T, Limit] that never changes once made: copies share the elements and their root.
template <class T, uint64_t Limit>
class SharedList {
 public:
  using Element = T;
  static constexpr uint64_t kLimit = Limit;

  SharedList() : shared_(Empty()) {}
  explicit SharedList(std::vector<T> elements)
      : shared_(std::make_shared<const Shared>(std::move(elements))) {}

  size_t size() const { return elements().size(); }
  bool empty() const { return elements().empty(); }
  const T& operator[](size_t index) const { return elements()[index]; }
  const std::vector<T>& elements() const { return shared_->list.elements; }
  auto begin() const { return elements().begin(); }
  auto end() const { return elements().end(); }
  const Root& HashTreeRoot() const { return shared_->root; }

  friend bool operator==(const SharedList& a, const SharedList& b) {
    return a.shared_ == b.shared_ || a.elements() == b.elements();
  }

 private:
  struct Shared {
    explicit Shared(std::vector<T> elements)
        : list{std::move(elements)}, root(ssz::HashTreeRoot(list)) {}
    List<T, Limit> list;
    Root root;
  };
  static const std::shared_ptr<const Shared>& Empty() {
    static const auto empty = std::make_shared<const Shared>(std::vector<T>());
    return empty;
  }

  std::shared_ptr<const Shared> shared_;
};

// Roots of the cached types. A hasher other than Sha256Pairs sees every pair, as if uncached.
template <uint64_t Limit>
struct TreeRoot<RootList<Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const RootList<Limit>& value, Pairs& pairs) {
    if constexpr (std::is_same_v<Pairs, Sha256Pairs>) return value.HashTreeRoot();
    return TreeRoot<List<Root, Limit>>::Get({value.ToVector()}, pairs);
  }
};

template <uint64_t Limit>
struct TreeRoot<CachedBitlist<Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const CachedBitlist<Limit>& value, Pairs& pairs) {
    if constexpr (std::is_same_v<Pairs, Sha256Pairs>) return value.HashTreeRoot();
    return TreeRoot<Bitlist<Limit>>::Get({value.bits()}, pairs);
  }
};

template <class T, uint64_t Limit>
struct TreeRoot<SharedList<T, Limit>> {
  static constexpr bool kPacked = false;
  template <class Pairs>
  static Root Get(const SharedList<T, Limit>& value, Pairs& pairs) {
    if constexpr (std::is_same_v<Pairs, Sha256Pairs>) return value.HashTreeRoot();
    return TreeRoot<List<T, Limit>>::Get({value.elements()}, pairs);
  }
};

template <uint64_t Limit>
struct Codec<RootList<Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const RootList<Limit>& value, std::vector<uint8_t>* out) {
    for (uint64_t i = 0; i < value.size(); ++i) Codec<Root>::Append(value[i], out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, RootList<Limit>* value) {
    std::vector<Root> roots;
    absl::Status status = internal::ReadList(bytes, Limit, &roots);
    if (status.ok()) *value = RootList<Limit>(roots);
    return status;
  }
};

template <uint64_t Limit>
struct Codec<CachedBitlist<Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const CachedBitlist<Limit>& value, std::vector<uint8_t>* out) {
    internal::AppendBitlist(value.bits(), out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, CachedBitlist<Limit>* value) {
    return internal::ReadBitlist(bytes, Limit, &value->Mutable());
  }
};

template <class T, uint64_t Limit>
struct Codec<SharedList<T, Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const SharedList<T, Limit>& value, std::vector<uint8_t>* out) {
    internal::AppendElements<T>(value.elements(), out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, SharedList<T, Limit>* value) {
    std::vector<T> elements;
    absl::Status status = internal::ReadList(bytes, Limit, &elements);
    if (status.ok()) *value = SharedList<T, Limit>(std::move(elements));
    return status;
  }
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_CACHED_H_
