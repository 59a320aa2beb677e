#include "sim/protocol/hash.h"

#include <gtest/gtest.h>

#include "sim/protocol/random.h"

namespace heddle::sim {
namespace {

// The reference implementations' numbers (Vigna, prng.di.unimi.it): recordings rely on them.
TEST(Hash, IsSplitMix64) {
  uint64_t state = 1234567;
  EXPECT_EQ(SplitMix64(state), 6457827717110365317u);
  EXPECT_EQ(SplitMix64(state), 3203168211198807973u);
  EXPECT_EQ(SplitMix64(state), 9817491932198370423u);
}

TEST(Hash, OfStepsDependsOnTheirOrder) {
  EXPECT_EQ(HashWord(HashWord(kHashStart, 1), 2), 17411875157803139844u);
  EXPECT_NE(HashWord(HashWord(kHashStart, 2), 1), HashWord(HashWord(kHashStart, 1), 2));
}

TEST(Random, IsXoshiro256StarStar) {
  Random random(0);
  EXPECT_EQ(random.Next(), 11091344671253066420u);
  EXPECT_EQ(random.Next(), 13793997310169335082u);
  EXPECT_EQ(random.Next(), 1900383378846508768u);
}

}  // namespace
}  // namespace heddle::sim
