#include "sim/runtime/core/object_table.h"

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
