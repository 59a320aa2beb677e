#include "sim/runtime/core/virtual_clock.h"

#include "sim/runtime/core/testing/fake_kernel.h"

namespace heddle::sim::runtime {
namespace {

bool Never(Thread*) { return false; }
bool Always(Thread*) { return true; }

constexpr auto kDebt = static_cast<int64_t>(kMaxClockDebtNs);
constexpr auto kOvertaken = static_cast<int64_t>(kMaxOvertakenNs);

class VirtualClockTest : public FakeKernel {
 protected:
  // Threads 0 and 2 sleep as well, without a deadline: nobody can run.
  void PutOthersToSleep() {
    Sleep(threads_[0], nullptr, Never);
    Sleep(threads_[2], nullptr, Never);
  }
};

TEST_F(VirtualClockTest, JumpsToTheEarliestDeadlineAndWakesWhoIsDue) {
  Sleep(threads_[1], nullptr, Never, 500);
  Sleep(threads_[2], nullptr, Never, 400);
  EXPECT_EQ(kernel.clock.earliest_deadline, 400);
  AdvanceClock();
  EXPECT_EQ(kernel.clock.now, 400);
  EXPECT_TRUE(threads_[2].timed_out && threads_[2].enabled);
  EXPECT_FALSE(threads_[1].timed_out || threads_[1].enabled);
  EXPECT_EQ(kernel.clock.earliest_deadline, 500);
}

TEST_F(VirtualClockTest, TimersHaveDeadlinesToo) {
  Sleep(threads_[1], nullptr, Never, 500);
  fake_timer_deadline = 300;
  DeadlineAdded(300);
  AdvanceClock();
  EXPECT_EQ(kernel.clock.now, 300);
  EXPECT_FALSE(threads_[1].enabled);
  EXPECT_EQ(kernel.clock.earliest_deadline, 500);
}

TEST_F(VirtualClockTest, WhoIsWokenAtItsDeadlineIsWoken) {
  threads_[1].pending.kind = threads_[2].pending.kind = OpKind::kCondWake;
  threads_[1].timeout_kind = threads_[2].timeout_kind = OpKind::kCondTimeout;
  Sleep(threads_[1], nullptr, Always, 500);
  Sleep(threads_[2], nullptr, Never, 500);
  AdvanceClock();
  EXPECT_EQ(threads_[1].pending.kind, OpKind::kCondWake);
  EXPECT_EQ(threads_[2].pending.kind, OpKind::kCondTimeout);
}

TEST_F(VirtualClockTest, ReadingTakesTimeAndMeetsDeadlines) {
  Sleep(threads_[1], nullptr, Never, static_cast<int64_t>(kClockReadNs));
  EXPECT_EQ(ReadClock(&threads_[0]), static_cast<int64_t>(kClockReadNs));
  EXPECT_TRUE(threads_[1].timed_out);
}

TEST_F(VirtualClockTest, MovesOnlyWithADeadline) {
  EXPECT_FALSE(ClockMayMove());
  Sleep(threads_[1], nullptr, Never, 500);
  EXPECT_TRUE(ClockMayMove());
}

TEST_F(VirtualClockTest, LeavesNoThreadThatCanRunTooFarBehind) {
  Sleep(threads_[1], nullptr, Never, kOvertaken);
  EXPECT_FALSE(ClockMayMove());
  threads_[0].last_run_ns = threads_[2].last_run_ns = 1;
  EXPECT_TRUE(ClockMayMove());
  threads_[0].last_run_ns = threads_[2].last_run_ns = 0;
  PutOthersToSleep();
  EXPECT_TRUE(ClockMayMove());
}

TEST_F(VirtualClockTest, DebtIsPaidOffByPoints) {
  Sleep(threads_[1], nullptr, Never, kDebt + 100);
  AdvanceClock();
  threads_[1].deadline = kernel.clock.now + 1;
  threads_[1].timed_out = false;
  threads_[1].enabled = false;
  DeadlineAdded(threads_[1].deadline);
  EXPECT_FALSE(ClockMayMove());
  kernel.log.points += 100 / kNsPerPoint;
  EXPECT_TRUE(ClockMayMove());
}

TEST_F(VirtualClockTest, NoDebtWhenNobodyCouldRun) {
  Sleep(threads_[1], nullptr, Never, kDebt + 100);
  PutOthersToSleep();
  AdvanceClock();
  EXPECT_EQ(kernel.clock.debt, 0);
}

TEST_F(VirtualClockTest, DeadlinesDoNotOverflow) {
  EXPECT_EQ(DeadlineAfter(-5), 0);
  EXPECT_EQ(DeadlineAfter(INT64_MAX), kNever - 1);
  kernel.clock.now = 10;
  EXPECT_EQ(DeadlineAfter(INT64_MAX - 10), kNever - 1);
}

using VirtualClockDeathTest = FakeKernel;

TEST_F(VirtualClockDeathTest, MovesWithoutADeadline) {
  EXPECT_EXIT(AdvanceClock(), testing::ExitedWithCode(kFindingExitStatus),
              "internal error at virtual_clock.cc:[0-9]+: .* the clock moves to a deadline");
}

TEST_F(VirtualClockDeathTest, DeadlineOfAThreadThatDoesNotWait) {
  Sleep(threads_[1], nullptr, Never, 500);
  threads_[1].ready = nullptr;
  EXPECT_EXIT(AdvanceClock(), testing::ExitedWithCode(kFindingExitStatus),
              "a thread that has a deadline waits");
}

}  // namespace
}  // namespace heddle::sim::runtime
