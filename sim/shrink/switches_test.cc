#include "sim/shrink/switches.h"

#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

Step Load(ThreadNumber thread) { return MakeStep(OpKind::kAtomicLoad, thread); }

TEST(SwitchesTest, OfAnExecution) {
  const std::vector<Step> steps = {Load(0), Load(0), Load(1), Load(kClock), Load(1), Load(0)};
  const std::vector<Switch> switches = SwitchesOf(steps);
  EXPECT_EQ(switches, (std::vector<Switch>{{0, 2, 1}, {1, 1, kClock}, {kClock, 1, 1}, {1, 2, 0}}));
  EXPECT_EQ(PointOf(switches[0], steps), 2u);
  EXPECT_EQ(PointOf(switches[3], steps), 5u);
  EXPECT_EQ(PointOf({0, 1, 1}, steps), steps.size()) << "0 itself goes on there";
  EXPECT_EQ(PointOf({5, 1, 1}, steps), steps.size());
  EXPECT_EQ(ContextSwitches(steps), 2u);
}

// The default schedule moves on from a thread that yields; this one did not.
TEST(SwitchesTest, GoingOnInSpiteOfAYield) {
  const std::vector<Step> steps = {Load(1), MakeStep(OpKind::kYield, 1), Load(1)};
  EXPECT_EQ(SwitchesOf(steps), (std::vector<Switch>{{1, 1, 1}}));
}

// What departs from the default execution in another way: an old store that is read.
TEST(SwitchesTest, ReadsOfOldStores) {
  const std::vector<Step> steps = {Load(0), MakeStep(OpKind::kAtomicLoad, 0, 2), Load(1),
                                   MakeStep(OpKind::kAtomicLoad, 1, 1)};
  const std::vector<Switch> switches = SwitchesOf(steps);
  EXPECT_EQ(switches, (std::vector<Switch>{{0, 2, kNoThread, 2}, {0, 2, 1}, {1, 2, kNoThread, 1}}));
  EXPECT_EQ(PointOf(switches[0], steps), 1u);
  EXPECT_EQ(PointOf(switches[1], steps), 2u);
  EXPECT_EQ(PointOf(switches[2], steps), 3u);
  EXPECT_EQ(PointOf({0, 1, kNoThread, 1}, steps), steps.size()) << "it read the newest";
  EXPECT_EQ(ThreadSwitches(switches), 1u);
}

TEST(SwitchesTest, AsText) {
  const std::vector<Switch> switches = {
      {0, 2, 1}, {1, 31, kClock}, {kClock, 1, 2}, {2, 5, kNoThread, 1}};
  EXPECT_EQ(FormatSwitches(switches), "0@2>1 1@31>c c@1>2 2@5=1");
  EXPECT_EQ(ParseSwitches(FormatSwitches(switches)).value(), switches);
  EXPECT_TRUE(ParseSwitches("")->empty());
  for (const char* wrong : {"1", "1@2", "1>2@3", "x@1>2", "1@x>2", "1@2>x", "16777215@1>2", "1@2=0",
                            "1@2=16", "1@2=x"}) {
    EXPECT_FALSE(ParseSwitches(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace heddle::sim
