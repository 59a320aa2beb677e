#include "sim/runtime/core/candidates.h"

#include "sim/runtime/core/testing/fake_kernel.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

bool Never(Thread*) { return false; }

using CandidatesTest = FakeKernel;

TEST_F(CandidatesTest, ThreadsBySlotThenTheClock) {
  Sleep(threads_[1], nullptr, Never, 500);
  RebuildCandidates();
  ASSERT_EQ(kernel.view.candidates.size(), 3u);
  EXPECT_EQ(kernel.view.candidates[0].thread, 0u);
  EXPECT_EQ(kernel.view.candidates[1].thread, 2u);
  EXPECT_EQ(kernel.view.candidates[2].thread, kClock);
  ASSERT_EQ(kernel.view.blocked.size(), 1u);
  EXPECT_EQ(kernel.view.blocked[0].thread, 1u);
  EXPECT_EQ(threads_[2].position, 1u);
  EXPECT_EQ(threads_[1].position, kNoCandidate);
}

TEST_F(CandidatesTest, SlotsAreUsedAgainNumbersAreNot) {
  kernel.threads.current = &threads_[1];
  FinishThread(&threads_[1]);
  Thread later;
  AddThread(&later);
  EXPECT_EQ(later.slot, 1u);
  EXPECT_EQ(later.number, 3u);
  RebuildCandidates();
  EXPECT_EQ(kernel.view.candidates[1].thread, 3u);
}

TEST_F(CandidatesTest, WhoWasPassedOverIsOfferedAlone) {
  kernel.log.points = kMaxPassedOver + 1;
  threads_[0].passed_over_since = threads_[2].passed_over_since = kernel.log.points;
  CheckFairness();
  RebuildCandidates();
  ASSERT_EQ(kernel.view.candidates.size(), 1u);
  EXPECT_EQ(kernel.view.candidates[0].thread, 1u);
  kernel.log.points += kFairSlice;
  threads_[1].passed_over_since = kernel.log.points;
  CheckFairness();
  RebuildCandidates();
  EXPECT_EQ(kernel.view.candidates.size(), 3u);
}

// A lock that is always taken again before the waiting thread is chosen.
TEST_F(CandidatesTest, WhoWaitsIsPassedOverToo) {
  Sleep(threads_[1], nullptr, Never, kNever);
  SetEnabled(&threads_[1], true);
  SetEnabled(&threads_[1], false);
  kernel.log.points = kMaxPassedOver + 1;
  threads_[0].passed_over_since = threads_[2].passed_over_since = kernel.log.points;
  CheckFairness();
  RebuildCandidates();
  EXPECT_EQ(kernel.view.candidates.size(), 2u);
  SetEnabled(&threads_[1], true);
  RebuildCandidates();
  ASSERT_EQ(kernel.view.candidates.size(), 1u);
  EXPECT_EQ(kernel.view.candidates[0].thread, 1u);
}

TEST_F(CandidatesTest, DeadlineThatOthersRanPastIsOfferedAlone) {
  Sleep(threads_[1], nullptr, Never, 500);
  kernel.log.points = kMaxClockPassedOver + 1;
  threads_[0].passed_over_since = threads_[2].passed_over_since = kernel.log.points;
  CheckFairness();
  RebuildCandidates();
  ASSERT_EQ(kernel.view.candidates.size(), 1u);
  EXPECT_EQ(kernel.view.candidates[0].thread, kClock);
}

TEST_F(CandidatesTest, AbandonedExecutionsGoOnWithWhoWaitedLongest) {
  threads_[0].last_run = 7;
  threads_[1].last_run = 5;
  threads_[2].last_run = 6;
  RebuildCandidates();
  EXPECT_EQ(LongestWaiting(), 1u);
}

using CandidatesDeathTest = FakeKernel;

TEST_F(CandidatesDeathTest, CountOfWaitingThreadsIsWrong) {
  kernel.threads.waiting = 1;
  EXPECT_EXIT(RebuildCandidates(), testing::ExitedWithCode(kFindingExitStatus),
              "internal error at candidates.cc:[0-9]+: .* every thread that waits is counted");
}

TEST_F(CandidatesDeathTest, ThreadIsAddedTwice) {
  EXPECT_EXIT(AddThread(&threads_[1]), testing::ExitedWithCode(kFindingExitStatus),
              "internal error at thread_table.cc:[0-9]+: .* a thread is added once");
}

TEST_F(CandidatesDeathTest, MoreThreadsThanSlots) {
  static Thread many[kMaxLiveThreads];
  const auto add = [] {
    for (Thread& thread : many) AddThread(&thread);
  };
  EXPECT_EXIT(add(), testing::ExitedWithCode(kFindingExitStatus),
              "limit: more than 256 threads alive at once");
}

}  // namespace
}  // namespace heddle::sim::runtime
