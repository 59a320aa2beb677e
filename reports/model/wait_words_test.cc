#include "reports/model/wait_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WaitWords, OfALockNameItsHolderAndWhatIsHeld) {
  const auto wait = ParseWait(
      "waits, mutex-lock 0x55aa held by thread 2; holds mutex 0x1000, rwlock (read) 0x2000");
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->operation, "mutex-lock");
  EXPECT_EQ(wait->address, 0x55aau);
  EXPECT_EQ(wait->thread, 2u);
  EXPECT_FALSE(wait->for_end);
  EXPECT_FALSE(wait->to_be_woken);
  EXPECT_THAT(wait->holds, ElementsAre(0x1000, 0x2000));
}

TEST(WaitWords, OfAJoinAndOfASleep) {
  const auto join = ParseWait("waits, thread-join of thread 1");
  ASSERT_TRUE(join);
  EXPECT_TRUE(join->for_end);
  EXPECT_EQ(join->thread, 1u);
  EXPECT_EQ(join->address, 0u);
  const auto sleep = ParseWait("waits, cond-wake 0x7ffe");
  ASSERT_TRUE(sleep);
  EXPECT_TRUE(sleep->to_be_woken);
  EXPECT_FALSE(sleep->thread);
  EXPECT_THAT(sleep->holds, IsEmpty());
  EXPECT_FALSE(ParseWait("runs, mutex-lock 0x55"));
  EXPECT_FALSE(ParseWait("can run, next free 0x55"));
}

TEST(PlaceWords, OfLocksAndSignals) {
  const auto lock = ParsePlace("took the rwlock (write) 0x1000");
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->object, "rwlock (write)");
  EXPECT_EQ(lock->address, 0x1000u);
  EXPECT_FALSE(lock->left);
  const auto left = ParsePlace("took 0x1000, and ended with it");
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->left);
  const auto stolen = ParsePlace("signalled 0x7ffe at point 9, and woke thread 12");
  ASSERT_TRUE(stolen);
  EXPECT_TRUE(stolen->signal);
  EXPECT_EQ(stolen->woke, 12u);
  const auto woken = ParsePlace("waited for 0x7ffe and took the wake-up of point 9");
  ASSERT_TRUE(woken);
  EXPECT_TRUE(woken->woken);
  EXPECT_EQ(woken->address, 0x7ffeu);
  const auto signal = ParsePlace("signalled 0x7ffe at point 9, and reached nobody");
  ASSERT_TRUE(signal);
  EXPECT_TRUE(signal->signal);
  EXPECT_EQ(signal->point, 9u);
  const auto freed = ParsePlace("freed 0x7ffe");
  ASSERT_TRUE(freed);
  EXPECT_TRUE(freed->freed);
  EXPECT_FALSE(ParsePlace("/proc/self/stat"));
}

}  // namespace
}  // namespace heddle::reports
