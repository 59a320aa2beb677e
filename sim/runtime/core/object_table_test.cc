#include "sim/runtime/core/object_table.h"

#include <utility>
#include <vector>

#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/testing/fake_kernel.h"

namespace heddle::sim::runtime {
namespace {

class ObjectTableTest : public FakeKernel {
 protected:
  ObjectTableTest() {
    kernel.request.number_objects = true;
    ResetObjects();
  }
};

TEST_F(ObjectTableTest, NumbersInOrderOfFirstTouch) {
  const ObjectId first = ObjectOf(0x5000), second = ObjectOf(0x4000);
  EXPECT_EQ(first, kRandomObject + 1);
  EXPECT_EQ(second, first + 1);
  EXPECT_EQ(ObjectOf(0x5000), first);
  EXPECT_EQ(ObjectOf(0), kNoObject);
  ResetObjects();
  EXPECT_EQ(ObjectOf(0x4000), first);
}

TEST_F(ObjectTableTest, FreedMemoryHoldsAnotherObject) {
  const ObjectId inside = ObjectOf(0x5008), behind = ObjectOf(0x5010);
  ForgetObjects(reinterpret_cast<const void*>(0x5000), 0x10);
  EXPECT_GT(ObjectOf(0x5008), behind);
  EXPECT_NE(ObjectOf(0x5008), inside);
  EXPECT_EQ(ObjectOf(0x5010), behind);
}

// Of a block of any size and place, in a table of any fullness: all that lies in it, and no more.
TEST_F(ObjectTableTest, FreedMemoryIsForgottenExactly) {
  constexpr uintptr_t kBegin = 0x7000, kEnd = 0x7400;
  for (const int others : {0, 40'000}) {
    for (const auto& [from, size] : {std::pair<uintptr_t, size_t>{0x7000, 0x400},
                                     {0x7003, 1},
                                     {0x70bd, 7},
                                     {0x703f, 66},
                                     {0x7100, 0x2c1},
                                     {0x7001, 0}}) {
      ResetObjects();
      for (int i = 0; i < others; ++i) ObjectOf(0x100000 + 24 * static_cast<uintptr_t>(i));
      std::vector<ObjectId> ids;
      for (uintptr_t address = kBegin; address < kEnd; ++address) ids.push_back(ObjectOf(address));
      const ObjectId last = ids.back();
      ForgetObjects(reinterpret_cast<const void*>(from), size);
      for (uintptr_t address = kBegin; address < kEnd; ++address) {
        const ObjectId id = ObjectOf(address);
        if (address - from < size) {
          EXPECT_GT(id, last) << address;
        } else {
          EXPECT_EQ(id, ids[address - kBegin]) << address;
        }
      }
    }
  }
}

TEST_F(ObjectTableTest, AddressesBeyondItsRoomShareNumbers) {
  ObjectId most = 0;
  for (uintptr_t address = 8; address < 8 * 100'000; address += 8) {
    const ObjectId id = ObjectOf(address);
    EXPECT_NE(id, kNoObject);
    if (id > most) most = id;
  }
  EXPECT_LT(most, 65536u);
  EXPECT_EQ(ObjectOf(8), kRandomObject + 1);
}

using HeldLocksTest = FakeKernel;

TEST_F(HeldLocksTest, HolderOfARecursiveLock) {
  int lock = 0;
  PushHeld(&threads_[1], &lock, HeldKind::kMutex);
  PushHeld(&threads_[1], &lock, HeldKind::kMutex);
  DropHeld(&threads_[1], &lock);
  EXPECT_EQ(HolderOf(&lock), &threads_[1]);
  DropHeld(&threads_[1], &lock);
  EXPECT_EQ(HolderOf(&lock), nullptr);
  DropHeld(&threads_[1], &lock);
  EXPECT_EQ(threads_[1].held_count, 0u);
}

TEST_F(HeldLocksTest, MoreLocksThanHaveNamesAreCounted) {
  int locks[kMaxHeld + 2] = {};
  for (int& lock : locks) PushHeld(&threads_[1], &lock, HeldKind::kMutex);
  EXPECT_EQ(HeldEntries(&threads_[1]), kMaxHeld);
  for (int& lock : locks) DropHeld(&threads_[1], &lock);
  EXPECT_LE(threads_[1].held_count, 2u);  // which of them are left is not known
}

}  // namespace
}  // namespace heddle::sim::runtime
