#include "sim/runtime/core/wait_queue.h"

#include "sim/runtime/core/testing/fake_kernel.h"

namespace heddle::sim::runtime {
namespace {

constexpr uint64_t kAnyTag = ~uint64_t{0};

class WaitQueueTest : public FakeKernel {
 protected:
  void Join(Thread& thread, const void* address, uint64_t tag = 1) {
    QueueJoin(&thread, address, tag);
    Sleep(thread, address, QueueReady);
  }
  void Leave(Thread& thread, bool woken) {
    Wake(thread);
    QueueLeave(&thread, woken);
  }
  // The queues outlive a test: each leaves them empty.
  void TearDown() override {
    for (Thread& thread : threads_) {
      if (thread.waiter != nullptr) Leave(thread, QueueReady(&thread));
    }
    EXPECT_EQ(QueueLength(&first_), 0u);
    EXPECT_EQ(QueueLength(&second_), 0u);
  }

  int first_ = 0, second_ = 0;  // for their addresses
};

TEST_F(WaitQueueTest, SignalWakesOneOfThoseThatWait) {
  Join(threads_[1], &first_);
  Join(threads_[2], &first_);
  EXPECT_FALSE(threads_[1].enabled);
  EXPECT_EQ(QueueWake(&first_, 1, kAnyTag), 1u);
  EXPECT_TRUE(threads_[1].enabled);  // either may be chosen...
  EXPECT_TRUE(threads_[2].enabled);
  Leave(threads_[2], true);
  EXPECT_FALSE(threads_[1].enabled);  // ...and the other sleeps on
  EXPECT_EQ(QueueLength(&first_), 1u);
}

TEST_F(WaitQueueTest, WhoIsOfferedAWakeUpIsNotAsleep) {
  EXPECT_EQ(QueueAsleep(&first_), 0u);
  Join(threads_[1], &first_);
  Join(threads_[2], &first_);
  EXPECT_EQ(QueueAsleep(&first_), 2u);
  QueueWake(&first_, 1, kAnyTag);
  EXPECT_EQ(QueueAsleep(&first_), 1u);
  Leave(threads_[1], true);
  EXPECT_EQ(QueueAsleep(&first_), 1u);
  QueueWake(&first_, 1, kAnyTag);
  EXPECT_EQ(QueueAsleep(&first_), 0u);
  EXPECT_EQ(QueueLength(&first_), 1u);
}

TEST_F(WaitQueueTest, WakeUpIsNotStolenByWhoComesLater) {
  Join(threads_[1], &first_);
  QueueWake(&first_, 1, kAnyTag);
  Join(threads_[2], &first_);
  EXPECT_TRUE(QueueReady(&threads_[1]));
  EXPECT_FALSE(QueueReady(&threads_[2]));
}

TEST_F(WaitQueueTest, BroadcastWakesAllAndWakeUpsAreNotKept) {
  Join(threads_[1], &first_);
  Join(threads_[2], &first_);
  EXPECT_EQ(QueueWake(&first_, UINT32_MAX, kAnyTag), 2u);
  EXPECT_EQ(QueueWake(&first_, UINT32_MAX, kAnyTag), 0u);
  Leave(threads_[1], true);
  Leave(threads_[2], true);
  EXPECT_EQ(QueueWake(&first_, 1, kAnyTag), 0u);
  Join(threads_[1], &first_);
  EXPECT_FALSE(QueueReady(&threads_[1]));
}

TEST_F(WaitQueueTest, FutexBitsetChoosesWhomToWake) {
  Join(threads_[1], &first_, 1);
  Join(threads_[2], &first_, 2);
  EXPECT_EQ(QueueWake(&first_, UINT32_MAX, 2), 1u);
  EXPECT_FALSE(QueueReady(&threads_[1]));
  EXPECT_TRUE(QueueReady(&threads_[2]));
}

TEST_F(WaitQueueTest, RequeueMovesThoseThatNoWakeUpWasOfferedTo) {
  Join(threads_[1], &first_);
  QueueWake(&first_, 1, kAnyTag);
  Join(threads_[2], &first_);
  EXPECT_EQ(QueueMove(&first_, &second_, UINT32_MAX), 1u);
  EXPECT_EQ(QueueLength(&first_), 1u);
  EXPECT_EQ(QueueLength(&second_), 1u);
  EXPECT_EQ(QueueWake(&second_, 1, kAnyTag), 1u);
  EXPECT_TRUE(QueueReady(&threads_[2]));
}

// A broken invariant ends the execution with a failure that names the place.
using WaitQueueDeathTest = WaitQueueTest;

TEST_F(WaitQueueDeathTest, LeavingAQueueItIsNotIn) {
  EXPECT_EXIT(QueueLeave(&threads_[1], false), testing::ExitedWithCode(kFindingExitStatus),
              "internal-error: internal error at wait_queue.cc:[0-9]+: it does not hold that a "
              "thread that leaves a wait queue is in one");
}

TEST_F(WaitQueueDeathTest, WakeUpThatWasNotOffered) {
  Join(threads_[1], &first_);
  EXPECT_EXIT(Leave(threads_[1], true), testing::ExitedWithCode(kFindingExitStatus),
              "a thread that was woken takes a wake-up that it was offered");
}

TEST_F(WaitQueueDeathTest, LengthThatDoesNotCountThoseThatWait) {
  Join(threads_[1], &first_);
  Join(threads_[2], &first_);
  const auto corrupt = [&] {
    threads_[2].waiter->address = nullptr;
    Leave(threads_[1], false);
  };
  EXPECT_EXIT(corrupt(), testing::ExitedWithCode(kFindingExitStatus),
              "a wait queue counts the threads that are queued");
}

}  // namespace
}  // namespace heddle::sim::runtime
