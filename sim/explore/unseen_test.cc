#include "sim/explore/unseen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kShared = 0x1000, kOwn = 0x2000;
constexpr MemoryStep kStart0 = {OpKind::kThreadStart, 0, 0};
constexpr MemoryStep kStart1 = {OpKind::kThreadStart, 1, 0};
constexpr MemoryStep kRead0 = {OpKind::kMemoryRead, 0, kShared};
constexpr MemoryStep kUnlock1 = {OpKind::kMutexUnlock, 1, 0x3000};
constexpr MemoryStep kLock1 = {OpKind::kMutexLock, 1, 0x3000};

std::optional<GapSteps> Find(const std::vector<MemoryStep>& steps) {
  return FindGapSteps(steps, [](size_t) { return true; });
}

TEST(FindGapSteps, IsFromAReleaseToASharedAccess) {
  const MemoryStep write1 = {OpKind::kMemoryWrite, 1, kShared};
  const auto gap =
      Find({kStart0, kStart1, kUnlock1, {OpKind::kMemoryRead, 1, kOwn}, write1, kRead0});
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->release, 2u);
  EXPECT_EQ(gap->access, 4u);
}

TEST(FindGapSteps, NeedsTwoThreadsAtOnceAndAWrite) {
  const MemoryStep write1 = {OpKind::kMemoryWrite, 1, kShared};
  const MemoryStep own1 = {OpKind::kMemoryWrite, 1, kOwn};
  EXPECT_FALSE(Find({kStart0, kStart1, kUnlock1, own1, kRead0})) << "not shared";
  EXPECT_FALSE(Find({kStart0, kStart1, kUnlock1, {OpKind::kMemoryRead, 1, kShared}, kRead0}))
      << "only read";
  EXPECT_FALSE(Find({kStart0, kRead0, kStart1, kUnlock1, write1})) << "not at once";
  EXPECT_FALSE(Find({kStart0, kStart1, kUnlock1, kLock1, write1, kRead0})) << "a point between";
  EXPECT_FALSE(FindGapSteps(std::vector<MemoryStep>{kStart0, kStart1, kUnlock1, write1, kRead0},
                            [](size_t) { return false; }))
      << "without a place";
}

CampaignSpec Spec(const std::string& strategy = "random") {
  CampaignSpec spec;
  spec.strategy = *ParseStrategySpec(strategy);
  return spec;
}

ExploreResult Clean(uint32_t threads, uint64_t executions, uint64_t distinct, uint64_t orders) {
  ExploreResult result;
  result.facts.threads = threads;
  result.progress.executions = executions;
  result.progress.distinct_schedules = distinct;
  result.progress.distinct_orders = orders;
  return result;
}

TEST(Unseen, SaysOnlyWhatApplies) {
  ExploreResult result = Clean(2, 100, 50, 20);
  EXPECT_THAT(Unseen(Spec(), result, std::nullopt),
              ElementsAre("plain memory accesses are no schedule points: try --preempt memory"));
  EXPECT_THAT(Unseen(Spec(), result, Gap{"mutex-unlock at a.cc:12", "write at a.cc:13"}),
              ElementsAre("no schedule point between the mutex-unlock at a.cc:12 and the write at "
                          "a.cc:13: try --preempt memory"));
  CampaignSpec memory = Spec();
  memory.preempt = Preempt::kMemory;
  EXPECT_THAT(Unseen(memory, result, std::nullopt), IsEmpty());
  result.facts.atomics = true;
  EXPECT_THAT(Unseen(memory, result, std::nullopt),
              ElementsAre(HasSubstr("memory is sequentially consistent")));
  memory.memory = MemoryModel::kTso;
  EXPECT_THAT(Unseen(memory, result, std::nullopt), ElementsAre(HasSubstr("memory is as on x86")));
  memory.memory = MemoryModel::kC11;
  EXPECT_THAT(Unseen(memory, result, std::nullopt), IsEmpty());
  result.ended_early = 1;
  EXPECT_EQ(Unseen(Spec(), result, std::nullopt).size(), 3u);
  EXPECT_THAT(Unseen(Spec(), result, std::nullopt)[0], HasSubstr("1 execution ended early"));
  EXPECT_THAT(Unseen(Spec(), Clean(1, 100, 1, 1), std::nullopt), IsEmpty());
}

TEST(WhyFew, NamesTheReason) {
  EXPECT_EQ(WhyFew(Spec(), Clean(2, 100, 50, 20)), "");
  EXPECT_EQ(WhyFew(Spec(), Clean(2, 3, 1, 1)), "") << "too few to tell";
  EXPECT_THAT(WhyFew(Spec(), Clean(0, 100, 1, 0)), HasSubstr("no thread reached"));
  EXPECT_THAT(WhyFew(Spec(), Clean(1, 100, 1, 1)), HasSubstr("only one thread"));
  EXPECT_THAT(WhyFew(Spec(), Clean(2, 100, 1, 1)), HasSubstr("only one thread could go on"));
  EXPECT_THAT(WhyFew(Spec(), Clean(2, 100, 60, 1)), HasSubstr("one interleaving"));
  EXPECT_THAT(WhyFew(Spec("fifo"), Clean(2, 1, 1, 1)), HasSubstr("fifo runs one schedule only"));
  ExploreResult exhausted = Clean(2, 1, 1, 1);
  exhausted.exhausted = true;
  EXPECT_THAT(WhyFew(Spec("dfs"), exhausted), HasSubstr("depends on another thread's"));
}

// main() reads right after it has unlocked what Worker() writes right after that has unlocked.
TEST(FindGap, NamesBothPlaces) {
  ProgramOptions program;
  program.arguments = {HEDDLE_PROGRAMS "/kernel-after_release-det", "right"};
  const absl::StatusOr<std::optional<Gap>> gap = FindGap(program, 1);
  ASSERT_TRUE(gap.ok()) << gap.status();
  ASSERT_TRUE(gap->has_value());
  EXPECT_THAT((*gap)->release, HasSubstr("mutex-unlock at after_release.cc:"));
  EXPECT_THAT((*gap)->access, HasSubstr("read at after_release.cc:"));
}

}  // namespace
}  // namespace heddle::sim
