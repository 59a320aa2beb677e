// Tests that explore: ctest, or handover_test-det. Handover.LosesTheSignal fails.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "heddle/gtest.h"

namespace {

struct Mailbox {
  std::mutex mutex;
  std::condition_variable is_there;
  int value = 0;
};

HEDDLE_TEST(Handover, KeepsTheValue, {.schedules = 50}) {
  Mailbox mailbox;
  std::thread giver([&] {
    const std::lock_guard lock(mailbox.mutex);
    mailbox.value = 42;
    mailbox.is_there.notify_one();
  });
  std::unique_lock lock(mailbox.mutex);
  mailbox.is_there.wait(lock, [&] { return mailbox.value != 0; });
  EXPECT_EQ(mailbox.value, 42);
  lock.unlock();
  giver.join();
}

HEDDLE_TEST(Handover, LosesTheSignal, {.schedules = 200}) {
  Mailbox mailbox;
  std::thread giver([&] {
    const std::lock_guard lock(mailbox.mutex);
    mailbox.value = 42;
    mailbox.is_there.notify_one();
  });
  std::unique_lock lock(mailbox.mutex);
  mailbox.is_there.wait(lock);  // the value may be there already
  lock.unlock();
  giver.join();
}

HEDDLE_TEST(Handover, IsInTime, {.schedules = 200}) {
  int value = 0;
  std::mutex mutex;
  std::thread giver([&] {
    const std::lock_guard lock(mutex);
    value = 42;
  });
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(value, 42);
  }
  giver.join();
}

}  // namespace
