#include "src/chain/slot_clock.h"

#include "gtest/gtest.h"

namespace heddle::chain {
namespace {

constexpr uint64_t kGenesis = 1'700'000'000;
constexpr uint64_t kGenesisMs = kGenesis * 1000;

TEST(SlotClock, IsZeroBeforeGenesis) {
  for (const uint64_t now : {uint64_t{0}, kGenesisMs - 1}) {
    EXPECT_EQ(CurrentSlot(kGenesis, now), 0u);
    EXPECT_EQ(CurrentInterval(kGenesis, now), 0u);
    EXPECT_EQ(TotalIntervals(kGenesis, now), 0u);
  }
  EXPECT_EQ(TotalIntervals(UINT64_MAX, kGenesisMs), 0u);
}

TEST(SlotClock, StepsAtBoundaries) {
  EXPECT_EQ(TotalIntervals(kGenesis, kGenesisMs + 799), 0u);
  EXPECT_EQ(TotalIntervals(kGenesis, kGenesisMs + 800), 1u);
  EXPECT_EQ(CurrentInterval(kGenesis, kGenesisMs + 3999), 4u);
  EXPECT_EQ(CurrentInterval(kGenesis, kGenesisMs + 4000), 0u);
  EXPECT_EQ(CurrentSlot(kGenesis, kGenesisMs + 3999), 0u);
  EXPECT_EQ(CurrentSlot(kGenesis, kGenesisMs + 4000), 1u);
}

TEST(SlotClock, NextIntervalIsNeverNow) {
  EXPECT_EQ(MillisecondsUntilNextInterval(kGenesis, kGenesisMs), 800u);
  EXPECT_EQ(MillisecondsUntilNextInterval(kGenesis, kGenesisMs + 1), 799u);
  EXPECT_EQ(MillisecondsUntilNextInterval(kGenesis, kGenesisMs + 799), 1u);
  EXPECT_EQ(MillisecondsUntilNextInterval(kGenesis, kGenesisMs - 1500), 1500u);
}

}  // namespace
}  // namespace heddle::chain
