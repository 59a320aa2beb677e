// The algorithm on programs that are functions of the switches.
#include "sim/shrink/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/shrink/switches.h"

namespace heddle::sim {
namespace {

const std::function<bool()> kAlways = [] { return true; };

bool Has(const std::vector<Switch>& switches, const Switch& wanted) {
  return std::find(switches.begin(), switches.end(), wanted) != switches.end();
}

// Two threads of `kLength` steps each, thread 1 first; a switch hands over to the other. The
// finding comes when thread 1 is interrupted at step 10, 11 or 12 and thread 2 at its step 20.
class FakeProgram : public Reproducer {
 public:
  static constexpr uint32_t kLength = 40;

  absl::StatusOr<Attempt> Run(const std::vector<Switch>& switches) override {
    ++runs;
    Attempt attempt;
    uint32_t done[3] = {0, 0, 0};
    ThreadNumber running = 1;
    bool first = false, second = false;
    while (done[1] < kLength || done[2] < kLength) {
      if (done[running] == kLength) running = 3 - running;
      attempt.steps.push_back(MakeStep(OpKind::kAtomicLoad, running));
      ++done[running];
      const ThreadNumber other = 3 - running;
      if (done[other] < kLength && Has(switches, {running, done[running], other})) {
        first = first || (running == 1 && done[1] >= 10 && done[1] <= 12 && done[2] == 0);
        second = second || (first && running == 2 && done[2] == 20);
        running = other;
      }
    }
    attempt.same = second;
    attempt.outcome = second ? "broken" : "clean";
    return attempt;
  }

  int runs = 0;
};

TEST(ShrinkTest, LeavesTheSwitchesThatMatter) {
  FakeProgram program;
  std::vector<Switch> start;
  for (uint32_t at = 12; at < FakeProgram::kLength; ++at) start.push_back({1, at, 2});
  for (uint32_t at = 20; at < FakeProgram::kLength; ++at) start.push_back({2, at, 1});
  const absl::StatusOr<ShrunkSchedule> result = ShrinkSchedule(program, {start}, kAlways);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->switches.size(), 2u) << FormatSwitches(result->switches);
  EXPECT_LE(ContextSwitches(result->steps), 3u);
  EXPECT_TRUE(result->minimal);
  EXPECT_EQ(result->steps, program.Run(result->switches)->steps);
}

// Two threads in lockstep, of which only the first and the last switch matter: no switch can be
// left out alone without undoing the rest, turns must be put together.
TEST(ShrinkTest, PutsTurnsTogether) {
  FakeProgram program;
  std::vector<Switch> start = {{1, 10, 2}};
  for (uint32_t at = 1; at < 20; ++at) {
    start.push_back({2, at, 1});
    start.push_back({1, 10 + at, 2});
  }
  start.push_back({2, 20, 1});
  const absl::StatusOr<ShrunkSchedule> result = ShrinkSchedule(program, {start}, kAlways);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->switches.size(), 2u) << FormatSwitches(result->switches);
  EXPECT_LE(ContextSwitches(result->steps), 3u);
}

// Two threads that yield after each of their steps; a switch to the thread itself keeps it going.
// The finding comes wherever that happens at all.
class YieldingProgram : public Reproducer {
 public:
  absl::StatusOr<Attempt> Run(const std::vector<Switch>& switches) override {
    ++runs;
    constexpr uint32_t kLength = 20;
    Attempt attempt;
    uint32_t done[3] = {0, 0, 0};
    ThreadNumber running = 1;
    while (done[1] < kLength || done[2] < kLength) {
      attempt.steps.push_back(MakeStep(OpKind::kYield, running));
      ++done[running];
      const bool stays = Has(switches, {running, done[running], running});
      attempt.same = attempt.same || stays;
      const ThreadNumber next = stays ? running : 3 - running;
      running = done[next] < kLength ? next : 3 - next;
    }
    return attempt;
  }

  int runs = 0;
};

// Fewer switches make more turns here, and fewer turns need more switches.
TEST(ShrinkTest, DoesNotGoRoundInCircles) {
  YieldingProgram program;
  std::vector<Switch> start;
  for (uint32_t at = 1; at < 20; at += 2) start.push_back({1, at, 1});
  const absl::StatusOr<ShrunkSchedule> result =
      ShrinkSchedule(program, {start}, [&] { return program.runs < 5000; });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->minimal);
  EXPECT_EQ(result->switches.size(), 1u) << FormatSwitches(result->switches);
}

TEST(ShrinkTest, TakesTheBestOfSeveralStarts) {
  FakeProgram program;
  const std::vector<Switch> good = {{1, 10, 2}, {2, 20, 1}};
  const std::vector<Switch> wrong = {{1, 9, 2}};
  const absl::StatusOr<ShrunkSchedule> result = ShrinkSchedule(program, {wrong, good}, kAlways);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->switches, good);
  EXPECT_TRUE(absl::IsNotFound(ShrinkSchedule(program, {wrong}, kAlways).status()));
}

TEST(ShrinkTest, TestsEachSwitch) {
  FakeProgram program;
  const auto tested =
      TestSwitches(program, {{1, 11, 2}, {2, 20, 1}, {1, 30, 2}}, [] { return true; });
  ASSERT_TRUE(tested.ok()) << tested.status();
  ASSERT_EQ(tested->size(), 3u);
  const TestedSwitch& first = (*tested)[0];
  EXPECT_TRUE(first.essential);
  EXPECT_EQ(first.without, "clean");
  EXPECT_EQ(first.point, 11u);
  EXPECT_EQ(first.room.earliest, 10u);
  EXPECT_EQ(first.room.latest, 12u);
  EXPECT_FALSE(first.room.earlier_open);
  EXPECT_FALSE(first.room.later_open);
  EXPECT_TRUE((*tested)[1].essential);
  EXPECT_EQ((*tested)[1].room.earliest, 20u);
  EXPECT_EQ((*tested)[1].room.latest, 20u);
  EXPECT_FALSE((*tested)[2].essential);
}

TEST(ShrinkTest, SwitchesThatDoNotLeadThere) {
  FakeProgram program;
  // Without time nothing is claimed.
  const auto untested =
      TestSwitches(program, {{1, 11, 2}, {2, 20, 1}, {1, 30, 2}}, [] { return false; });
  ASSERT_TRUE(untested.ok()) << untested.status();
  ASSERT_EQ(untested->size(), 3u);
  for (const TestedSwitch& one : *untested) EXPECT_FALSE(one.tested);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(TestSwitches(program, {{1, 9, 2}}, [] { return true; }).status()));
}

}  // namespace
}  // namespace heddle::sim
