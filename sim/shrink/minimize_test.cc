#include "sim/shrink/minimize.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace heddle::sim {
namespace {

bool Has(const std::vector<uint32_t>& kept, std::initializer_list<uint32_t> wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](uint32_t element) {
    return std::find(kept.begin(), kept.end(), element) != kept.end();
  });
}

const std::function<bool()> kAlways = [] { return true; };

TEST(MinimizeTest, FindsWhatLiesApart) {
  const Minimized result = Minimize(
      1000,
      [](const auto& kept) {
        return Has(kept, {3, 500, 998});
      },
      kAlways);
  EXPECT_EQ(result.kept, (std::vector<uint32_t>{3, 500, 998}));
  EXPECT_TRUE(result.minimal);
  EXPECT_LT(result.tests, 200u);
}

TEST(MinimizeTest, NothingIsNeeded) {
  const Minimized result = Minimize(
      17, [](const auto&) { return true; }, kAlways);
  EXPECT_TRUE(result.kept.empty());
  EXPECT_TRUE(result.minimal);
  EXPECT_TRUE(Minimize(
                  0, [](const auto&) { return true; }, kAlways)
                  .kept.empty());
}

TEST(MinimizeTest, EverythingIsNeeded) {
  const Minimized result = Minimize(
      9, [](const auto& kept) { return kept.size() == 9; }, kAlways);
  EXPECT_EQ(result.kept.size(), 9u);
  EXPECT_TRUE(result.minimal);
}

// An element can go only after another one went: one pass is not enough.
TEST(MinimizeTest, NoSingleElementCanGo) {
  const auto fails = [](const std::vector<uint32_t>& kept) {
    const bool seven = Has(kept, {7});
    const bool two = Has(kept, {2});
    return Has(kept, {5}) && (!seven || two);  // 7 needs 2
  };
  const Minimized result = Minimize(10, fails, kAlways);
  EXPECT_EQ(result.kept, (std::vector<uint32_t>{5}));
}

TEST(MinimizeTest, EndsOnRequest) {
  int tests = 0;
  const Minimized result = Minimize(
      100, [](const auto& kept) { return Has(kept, {42}); }, [&] { return ++tests <= 3; });
  EXPECT_FALSE(result.minimal);
  EXPECT_EQ(result.tests, 3u);
  EXPECT_TRUE(Has(result.kept, {42}));
}

}  // namespace
}  // namespace heddle::sim
