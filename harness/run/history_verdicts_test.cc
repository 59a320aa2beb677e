#include "harness/run/history_verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(HistoryVerdicts, AHistoryThatComesAgainHasTheVerdictItGotTheFirstTime) {
  HistoryVerdicts verdicts;
  EXPECT_EQ(verdicts.Find("bad"), nullptr);
  EXPECT_TRUE(verdicts.Add("bad", {{"an event is lost", "0123"}, {"the heads differ", "4567"}}));
  EXPECT_TRUE(verdicts.Add("clean", {}));
  // Another thread has checked the same history meanwhile.
  EXPECT_FALSE(verdicts.Add("bad", {}));
  ASSERT_NE(verdicts.Find("bad"), nullptr);
  ASSERT_THAT(*verdicts.Find("bad"), SizeIs(2));
  EXPECT_EQ(verdicts.Find("bad")->front().message, "an event is lost");
  ASSERT_NE(verdicts.Find("clean"), nullptr);
  EXPECT_THAT(*verdicts.Find("clean"), IsEmpty());
  EXPECT_EQ(verdicts.Find("other"), nullptr);
  EXPECT_EQ(verdicts.size(), 2u);
}

}  // namespace
}  // namespace heddle::harness
