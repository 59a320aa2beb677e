#include "sim/runtime/core/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>

namespace heddle::sim::runtime {
namespace {

class HeapTest : public testing::Test {
 protected:
  char* New(size_t size, size_t alignment = 16) {
    HeapFault fault;
    void* block = heap_.Allocate(size, alignment, &fault);
    EXPECT_NE(block, nullptr);
    EXPECT_EQ(fault, HeapFault::kNone);
    return static_cast<char*>(block);
  }

  Heap heap_;
};

TEST_F(HeapTest, BlocksOfAllSizesAreApartAndAligned) {
  std::set<std::pair<char*, char*>> blocks;
  for (size_t size = 0; size < 300'000; size += 1 + size / 7) {
    char* block = New(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
    EXPECT_GE(heap_.SizeOf(block), size);
    memset(block, 1, size);
    blocks.emplace(block, block + heap_.SizeOf(block));
  }
  const char* end = nullptr;
  for (const auto& [from, to] : blocks) {
    EXPECT_GE(from, end);
    end = to;
  }
}

TEST_F(HeapTest, AlignmentIsKept) {
  for (size_t alignment = 16; alignment <= (1 << 20); alignment *= 2) {
    for (const size_t size : {size_t{1}, alignment - 1, alignment + 1, 3 * alignment}) {
      char* block = New(size, alignment);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u) << alignment << ' ' << size;
      EXPECT_GE(heap_.SizeOf(block), size);
      EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
    }
  }
}

TEST_F(HeapTest, EveryAddressOfAFreedBlockIsFreed) {
  for (const size_t size : {16u, 40u, 3000u, 200'000u}) {
    char* block = New(size);
    char* neighbour = New(size);
    EXPECT_FALSE(heap_.IsFreed(block + size - 1));
    EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
    EXPECT_TRUE(heap_.IsFreed(block));
    EXPECT_TRUE(heap_.IsFreed(block + size - 1));
    EXPECT_FALSE(heap_.IsFreed(neighbour)) << size;
    EXPECT_FALSE(heap_.IsFreed(neighbour + size - 1)) << size;
  }
  EXPECT_FALSE(heap_.IsFreed(this));
  EXPECT_FALSE(heap_.IsFreed(nullptr));
}

TEST_F(HeapTest, WhoFreedABlockIsKept) {
  for (const size_t size : {16u, 3000u, 200'000u}) {
    char* block = New(size);
    char* neighbour = New(size);
    EXPECT_EQ(heap_.Free(block, {3, {111}}), HeapFault::kNone);
    EXPECT_EQ(heap_.Free(neighbour, {4, {222}}), HeapFault::kNone);
    EXPECT_EQ(heap_.WhoFreed(block + size - 1).pcs[0], 111u);
    EXPECT_EQ(heap_.WhoFreed(block).thread, 3u);
    EXPECT_EQ(heap_.WhoFreed(neighbour).thread, 4u);
  }
  EXPECT_EQ(heap_.WhoFreed(this).pcs[0], 0u);
  char* block = New(48);
  EXPECT_EQ(heap_.Free(block, {5, {333}}), HeapFault::kNone);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(heap_.Free(New(96)), HeapFault::kNone);
  EXPECT_EQ(heap_.WhoFreed(block).pcs[0], 0u) << "forgotten, and nothing else is told";
}

TEST_F(HeapTest, LastFreedIsFirstUsedAgain) {
  char* a = New(40);
  char* b = New(40);
  EXPECT_EQ(heap_.Free(a), HeapFault::kNone);
  EXPECT_EQ(heap_.Free(b), HeapFault::kNone);
  EXPECT_EQ(New(40), b);
  EXPECT_EQ(New(33), a);
}

TEST_F(HeapTest, ContentsDoNotDependOnThePast) {
  char* block = New(100);
  EXPECT_EQ(static_cast<unsigned char>(block[99]), kFreshByte);
  memset(block, 7, 100);
  EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
  EXPECT_EQ(static_cast<unsigned char>(block[0]), kFreedByte);
  EXPECT_EQ(New(100), block);
  EXPECT_EQ(static_cast<unsigned char>(block[0]), kFreshByte);
}

TEST_F(HeapTest, FaultsAreTold) {
  char* small = New(24);
  char* large = New(2 * kSmallBlock);
  for (char* block : {small, large}) {
    EXPECT_EQ(heap_.Free(block + 16), HeapFault::kNoBlock);
    EXPECT_EQ(heap_.Free(block + 1), HeapFault::kNoBlock);
    EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
    EXPECT_EQ(heap_.Free(block), HeapFault::kDoubleFree);
    EXPECT_EQ(heap_.SizeOf(block), 0u);
  }
  int local = 0;
  EXPECT_EQ(heap_.Free(&local), HeapFault::kNoBlock);
  EXPECT_EQ(heap_.Free(reinterpret_cast<void*>(8)), HeapFault::kNoBlock);
}

TEST_F(HeapTest, WritesAfterFreeAreSeenOnReuseAndAtTheEnd) {
  char* block = New(64);
  EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
  EXPECT_EQ(heap_.FindWriteAfterFree(), nullptr);
  block[40] = 0;
  EXPECT_EQ(heap_.FindWriteAfterFree(), block);
  HeapFault fault;
  EXPECT_EQ(heap_.Allocate(64, 16, &fault), block);
  EXPECT_EQ(fault, HeapFault::kWriteAfterFree);
  EXPECT_EQ(heap_.FindWriteAfterFree(), nullptr);
}

TEST_F(HeapTest, LargeBlocksFaultAfterFree) {
  char* block = New(2 * kSmallBlock);
  block[2 * kSmallBlock - 1] = 1;
  EXPECT_EQ(heap_.Free(block), HeapFault::kNone);
  EXPECT_DEATH(block[0] = 1, "");
}

TEST_F(HeapTest, TooMuchIsRefused) {
  HeapFault fault;
  EXPECT_EQ(heap_.Allocate(size_t{1} << 60, 16, &fault), nullptr);
  EXPECT_EQ(heap_.Allocate(SIZE_MAX, 16, &fault), nullptr);
}

}  // namespace
}  // namespace heddle::sim::runtime
