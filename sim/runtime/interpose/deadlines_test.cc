#include "sim/runtime/interpose/deadlines.h"

#include <gtest/gtest.h>

namespace heddle::sim::runtime {
namespace {

TEST(Deadlines, TimesBeforeTheStartCountAsTheStart) {
  const timespec epoch = {0, 0};
  EXPECT_EQ(DeadlineOf(CLOCK_REALTIME, &epoch), 0);
  EXPECT_EQ(DeadlineOf(CLOCK_MONOTONIC, &epoch), 0);
  const timespec before_epoch = {-1, 5};
  EXPECT_EQ(DeadlineOf(CLOCK_REALTIME, &before_epoch), 0);
}

TEST(Deadlines, ClocksDifferByAConstant) {
  for (const clockid_t clock :
       {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID}) {
    const timespec time = FromNs(StartOf(clock) + 1'500'000'001);
    EXPECT_EQ(DeadlineOf(clock, &time), 1'500'000'001) << clock;
  }
}

TEST(Deadlines, TimesTooFarToCountAreStillDeadlines) {
  const timespec for_ever = {INT64_MAX, 999'999'999};
  EXPECT_LT(DeadlineOf(CLOCK_MONOTONIC, &for_ever), kNever);
  EXPECT_GT(DeadlineOf(CLOCK_MONOTONIC, &for_ever), int64_t{1} << 60);
  EXPECT_EQ(DeadlineOfOptional(CLOCK_MONOTONIC, nullptr), kNever);
}

TEST(Deadlines, NanosecondsOutOfRangeAreInvalid) {
  const timespec valid = {0, 999'999'999}, too_many = {0, 1'000'000'000}, negative = {0, -1};
  EXPECT_TRUE(ValidTime(&valid));
  EXPECT_FALSE(ValidTime(&too_many));
  EXPECT_FALSE(ValidTime(&negative));
  EXPECT_FALSE(ValidTime(nullptr));
}

}  // namespace
}  // namespace heddle::sim::runtime
