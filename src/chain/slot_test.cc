#include "src/chain/slot.h"

#include <set>

#include "gtest/gtest.h"

namespace heddle::chain {
namespace {

// The definition, by enumeration.
TEST(IsJustifiableAfter, IsTheWindowTheSquaresAndThePronics) {
  constexpr uint64_t kLimit = 40000;
  std::set<uint64_t> justifiable = {0, 1, 2, 3, 4, 5};
  for (uint64_t n = 0; n * n <= kLimit; ++n) {
    justifiable.insert(n * n);
    justifiable.insert(n * (n + 1));
  }
  for (uint64_t distance = 0; distance <= kLimit; ++distance) {
    ASSERT_EQ(IsJustifiableAfter(distance, 0), justifiable.contains(distance)) << distance;
    ASSERT_EQ(IsJustifiableAfter(1000 + distance, 1000), justifiable.contains(distance));
  }
}

TEST(IsJustifiableAfter, IsExactForTheGreatestDistances) {
  constexpr uint64_t kRoot = UINT32_MAX;
  EXPECT_TRUE(IsJustifiableAfter(kRoot * kRoot, 0));
  EXPECT_FALSE(IsJustifiableAfter(kRoot * kRoot - 1, 0));
  EXPECT_FALSE(IsJustifiableAfter(kRoot * kRoot + 1, 0));
  EXPECT_TRUE(IsJustifiableAfter(kRoot * (kRoot + 1), 0));
  EXPECT_FALSE(IsJustifiableAfter(kRoot * (kRoot + 1) + 1, 0));
  EXPECT_TRUE(IsJustifiableAfter((kRoot - 1) * kRoot, 0));
  EXPECT_FALSE(IsJustifiableAfter(UINT64_MAX, 0));
  EXPECT_TRUE(IsJustifiableAfter(UINT64_MAX, UINT64_MAX));
}

TEST(JustifiedIndexAfter, StartsBehindTheFinalizedSlot) {
  EXPECT_EQ(JustifiedIndexAfter(4, 5), std::nullopt);
  EXPECT_EQ(JustifiedIndexAfter(5, 5), std::nullopt);
  EXPECT_EQ(JustifiedIndexAfter(6, 5), 0u);
  EXPECT_EQ(JustifiedIndexAfter(UINT64_MAX, 0), UINT64_MAX - 1);
}

TEST(ProposerForSlot, GoesRound) {
  EXPECT_EQ(ProposerForSlot(7, 0), std::nullopt);
  EXPECT_EQ(ProposerForSlot(7, 1), 0u);
  EXPECT_EQ(ProposerForSlot(7, 4), 3u);
  EXPECT_EQ(ProposerForSlot(8, 4), 0u);
}

}  // namespace
}  // namespace heddle::chain
