#include "src/ssz/merkle.h"

#include <random>
#include <set>

#include "gtest/gtest.h"
#include "src/ssz/cached.h"
#include "src/ssz/merkle_tree.h"

namespace heddle::ssz {
namespace {

Root RandomRoot(std::mt19937* random) {
  Root root;
  for (uint8_t& byte : root.bytes) byte = static_cast<uint8_t>((*random)());
  return root;
}

// The definition: pad to 2^depth chunks, hash pairs until one is left.
Root NaiveRoot(std::vector<Root> chunks, unsigned depth) {
  chunks.resize(size_t{1} << depth);
  while (chunks.size() > 1) {
    for (size_t i = 0; i < chunks.size() / 2; ++i) {
      chunks[i] = HashPair(chunks[2 * i], chunks[2 * i + 1]);
    }
    chunks.resize(chunks.size() / 2);
  }
  return chunks[0];
}

TEST(Hash, IsSha256) {
  // SHA-256 of 64 zero bytes, and of the bytes 0 to 63.
  EXPECT_EQ(ToHex(HashPair({}, {})),
            "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
  Root left;
  Root right;
  for (uint8_t i = 0; i < 32; ++i) {
    left.bytes[i] = i;
    right.bytes[i] = static_cast<uint8_t>(32 + i);
  }
  EXPECT_EQ(ToHex(HashPair(left, right)),
            "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108");
}

TEST(Hash, CountsCompressions) {
  const uint64_t before = CompressionCount();
  HashPair({}, {});
  EXPECT_EQ(CompressionCount() - before, 2u);
}

TEST(Hash, ZeroHashesHashEachOther) {
  EXPECT_TRUE(ZeroHash(0).IsZero());
  for (unsigned depth = 1; depth <= kMaxTreeDepth; ++depth) {
    ASSERT_EQ(ZeroHash(depth), HashPair(ZeroHash(depth - 1), ZeroHash(depth - 1)));
  }
}

TEST(Merkleize, FollowsTheDefinition) {
  constexpr uint32_t kSeed = 1;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  Sha256Pairs pairs;
  for (unsigned depth = 0; depth <= 6; ++depth) {
    for (size_t count = 0; count <= size_t{1} << depth; ++count) {
      std::vector<Root> chunks(count);
      // Some zero chunks, for the short cut over zero subtrees.
      for (Root& chunk : chunks) chunk = random() % 3 == 0 ? Root{} : RandomRoot(&random);
      ASSERT_EQ(Merkleize(chunks, depth, pairs), NaiveRoot(chunks, depth))
          << count << " chunks at depth " << depth;
    }
  }
}

TEST(Merkleize, CostsNoMoreThanItsChunks) {
  const uint64_t before = CompressionCount();
  Sha256Pairs pairs;
  Merkleize({Root{{1}}}, 40, pairs);
  EXPECT_EQ(CompressionCount() - before, 40 * kCompressionsPerPair);
}

TEST(MerkleTree, FollowsTheDefinition) {
  constexpr uint32_t kSeed = 2;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  constexpr unsigned kDepth = 7;
  constexpr size_t kMost = size_t{1} << kDepth;
  for (int round = 0; round < 40; ++round) {
    MerkleTree tree;
    std::vector<Root> model;
    for (int step = 0; step < 60; ++step) {
      const size_t room = kMost - model.size();
      switch (random() % 4) {
        case 0:
          if (room == 0) break;
          model.push_back(random() % 4 == 0 ? Root{} : RandomRoot(&random));
          tree.Append(model.back());
          break;
        case 1: {
          const size_t count = random() % (std::min<size_t>(room, 9) + 1);
          model.resize(model.size() + count);
          tree.AppendZeros(count);
          break;
        }
        case 2:
          for (Root& chunk : model) {
            if (random() % 8 == 0) chunk = random() % 2 == 0 ? Root{} : RandomRoot(&random);
          }
          tree.Assign(model);
          break;
        case 3:
          if (random() % 4 == 0) {
            model.resize(random() % (kMost + 1));
            tree.Assign(model);
          }
          break;
      }
      ASSERT_EQ(tree.size(), model.size());
      for (size_t i = 0; i < model.size(); ++i) ASSERT_EQ(tree.Get(i), model[i]) << i;
      ASSERT_EQ(tree.RootAt(kDepth), NaiveRoot(model, kDepth));
      MerkleTree fresh;
      fresh.Assign(model);
      ASSERT_TRUE(tree == fresh);
      fresh.Append(Root{{1}});
      ASSERT_FALSE(tree == fresh);
    }
  }
}

TEST(MerkleTree, CopiesAreIndependent) {
  MerkleTree tree;
  for (uint8_t i = 1; i <= 10; ++i) tree.Append(Root{{i}});
  MerkleTree copy = tree;
  copy.Append(Root{{11}});
  std::vector<Root> changed(5, Root{{42}});
  MerkleTree other = tree;
  other.Assign(changed);
  ASSERT_EQ(tree.size(), 10u);
  for (uint8_t i = 1; i <= 10; ++i) EXPECT_EQ(tree.Get(i - 1), Root{{i}});
  EXPECT_EQ(copy.size(), 11u);
  EXPECT_EQ(other.Get(4), Root{{42}});
}

TEST(MerkleTree, HashesOnlyChangedPaths) {
  std::vector<Root> chunks(64);
  for (size_t i = 0; i < chunks.size(); ++i) chunks[i].bytes[0] = static_cast<uint8_t>(i + 1);
  MerkleTree tree;
  tree.Assign(chunks);
  chunks[17].bytes[0] = 0xff;
  uint64_t before = CompressionCount();
  tree.Assign(chunks);
  EXPECT_EQ(CompressionCount() - before, 6 * kCompressionsPerPair);
  before = CompressionCount();
  tree.Assign(chunks);
  EXPECT_EQ(CompressionCount() - before, 0u);
  // The 65th chunk: a path of its own in the right half, and the new root.
  before = CompressionCount();
  tree.Append(Root{{1}});
  EXPECT_EQ(CompressionCount() - before, 7 * kCompressionsPerPair);
}

TEST(LeafCache, FollowsTheDefinition) {
  constexpr uint32_t kSeed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  LeafCache<10> cache;
  LeafCache<1> single;
  LeafCache<2> pair;
  std::array<Root, 10> leaves{};
  for (int step = 0; step < 200; ++step) {
    for (Root& leaf : leaves) {
      if (random() % 4 == 0) leaf = random() % 4 == 0 ? Root{} : RandomRoot(&random);
    }
    ASSERT_EQ(cache.Update(leaves), NaiveRoot({leaves.begin(), leaves.end()}, 4));
    ASSERT_EQ(single.Update({leaves[0]}), leaves[0]);
    ASSERT_EQ(pair.Update({leaves[0], leaves[1]}), HashPair(leaves[0], leaves[1]));
  }
}

TEST(LeafCache, HashesOnlyChangedPaths) {
  LeafCache<5> cache;
  std::array<Root, 5> leaves{};
  uint64_t before = CompressionCount();
  cache.Update(leaves);
  EXPECT_EQ(CompressionCount() - before, 6 * kCompressionsPerPair);
  leaves[3] = Root{{1}};
  before = CompressionCount();
  cache.Update(leaves);
  EXPECT_EQ(CompressionCount() - before, 3 * kCompressionsPerPair);
  before = CompressionCount();
  cache.Update(leaves);
  EXPECT_EQ(CompressionCount() - before, 0u);
}

TEST(CachedLists, HaveTheRootsOfTheListsTheyStandFor) {
  constexpr uint32_t kSeed = 4;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  RootList<64> roots;
  CachedBitlist<2000> bits;
  for (int step = 0; step < 400; ++step) {
    if (roots.size() < 60 && random() % 4 == 0) roots.Append(RandomRoot(&random));
    if (roots.size() < 60 && random() % 8 == 0) roots.AppendZeros(random() % 3);
    if (random() % 16 == 0) {
      std::vector<Root> all = roots.ToVector();
      if (!all.empty()) all.erase(all.begin());
      roots.Assign(all);
    }
    if (bits.size() < 1900) bits.Mutable().Resize(bits.size() + random() % 9);
    if (bits.size() > 0) bits.Mutable().Set(random() % bits.size(), random() % 2 == 0);
    if (random() % 32 == 0) bits.Mutable().DropFront(random() % 300);
    // Roots of copies, and of originals whose copies have been asked.
    const RootList<64> roots_copy = roots;
    const CachedBitlist<2000> bits_copy = bits;
    ASSERT_EQ(HashTreeRoot(roots_copy), HashTreeRoot(List<Root, 64>{roots.ToVector()}));
    ASSERT_EQ(HashTreeRoot(bits_copy), HashTreeRoot(Bitlist<2000>{bits.bits()}));
    if (random() % 2 == 0) {
      ASSERT_EQ(HashTreeRoot(roots), HashTreeRoot(roots_copy));
      ASSERT_EQ(HashTreeRoot(bits), HashTreeRoot(bits_copy));
    }
    ASSERT_EQ(Encode(roots), Encode(List<Root, 64>{roots.ToVector()}));
    ASSERT_EQ(Encode(bits), Encode(Bitlist<2000>{bits.bits()}));
  }
}

TEST(CachedLists, AnUnchangedListHashesNothing) {
  RootList<1024> roots(std::vector<Root>(3, Root{{1}}));
  CachedBitlist<100000> bits(Bits::FromBytes({0xff, 0x01}, 9));
  HashTreeRoot(roots);
  HashTreeRoot(bits);
  const uint64_t before = CompressionCount();
  RootList<1024> copy = roots;
  copy.Assign(std::vector<Root>(3, Root{{1}}));
  HashTreeRoot(copy);
  bits.Mutable().Set(0, true);
  HashTreeRoot(bits);
  EXPECT_EQ(CompressionCount() - before, 0u);
}

TEST(Chunks, CountWithoutOverflow) {
  EXPECT_EQ(ChunksFor(0, 8), 0u);
  EXPECT_EQ(ChunksFor(1, 8), 1u);
  EXPECT_EQ(ChunksFor(4, 8), 1u);
  EXPECT_EQ(ChunksFor(5, 8), 2u);
  EXPECT_EQ(ChunksFor(33, 1), 2u);
  EXPECT_EQ(ChunksForBits(256), 1u);
  EXPECT_EQ(ChunksForBits(257), 2u);
  EXPECT_EQ(ChunksForBits(UINT64_MAX), uint64_t{1} << 56);
  EXPECT_EQ(DepthFor(0), 0u);
  EXPECT_EQ(DepthFor(1), 0u);
  EXPECT_EQ(DepthFor(2), 1u);
  EXPECT_EQ(DepthFor(3), 2u);
  EXPECT_EQ(DepthFor(uint64_t{1} << 22), 22u);
}

}  // namespace
}  // namespace heddle::ssz
