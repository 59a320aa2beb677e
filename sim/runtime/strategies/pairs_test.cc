#include "sim/runtime/strategies/pairs.h"

#include <gtest/gtest.h>

#include <memory>

#include "sim/runtime/strategies/order.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::Program;

// What `executions` random ones cover.
std::unique_ptr<Coverage> Cover(const Program& program, int executions) {
  auto coverage = std::make_unique<Coverage>();
  const std::unique_ptr<Strategy> strategy =
      CountOrders(std::make_unique<model::Uniform>(), coverage.get());
  model::Sample(program, *strategy, executions);
  return coverage;
}

TEST(Pairs, CountsWhatOperationsOfOtherThreadsFollow) {
  // Either the load comes after the store (a read from it, and neighbours), or before (neighbours).
  const Program program{
      .threads = {{{Do::kStore, 0, 1}, {Do::kAdd, 5, 1}}, {{Do::kLoad, 0}, {Do::kAdd, 6, 1}}}};
  const std::unique_ptr<Coverage> coverage = Cover(program, 100);
  EXPECT_EQ(coverage->Count(Covered::kReadsFrom), 1u);
  EXPECT_EQ(coverage->Count(Covered::kAdjacent), 2u);
  EXPECT_EQ(coverage->Count(Covered::kLockOrders), 0u);
  EXPECT_EQ(coverage->Count(Covered::kOrders), 2u);
}

TEST(Pairs, CountsLockOrders) {
  const Program program{
      .threads = {{{Do::kLock, 1}, {Do::kLock, 2}, {Do::kUnlock, 2}, {Do::kUnlock, 1}},
                  {{Do::kLock, 1}, {Do::kUnlock, 1}, {Do::kLock, 2}, {Do::kUnlock, 2}}}};
  EXPECT_EQ(Cover(program, 100)->Count(Covered::kLockOrders), 1u);
}

TEST(Pairs, NamesHoldWhoeverComesFirst) {
  // Which thread touches which variable first, and so their numbers, differs; the pairs do not.
  Program program;
  for (int t = 0; t < 3; ++t) {
    program.threads.push_back({{Do::kAdd, 0, 1}, {Do::kAdd, 1, 1}, {Do::kAdd, 2, 1}});
  }
  const std::unique_ptr<Coverage> coverage = Cover(program, 2000);
  // For each of three variables, each ordered pair of threads.
  EXPECT_EQ(coverage->Count(Covered::kReadsFrom), 18u);
  EXPECT_EQ(coverage->Count(Covered::kAdjacent), 18u);
}

TEST(Coverage, JoinsAndCounts) {
  auto one = std::make_unique<Coverage>(), other = std::make_unique<Coverage>();
  EXPECT_TRUE(one->Add(Covered::kAdjacent, 7));
  EXPECT_FALSE(one->Add(Covered::kAdjacent, 7));
  other->Add(Covered::kAdjacent, 8);
  other->Add(Covered::kReadsFrom, 8);
  one->Join(*other);
  EXPECT_EQ(one->Count(Covered::kAdjacent), 2u);
  EXPECT_EQ(one->Count(Covered::kReadsFrom), 1u);
  // Also with collisions.
  Random random(1);
  for (int i = 0; i < 30'000; ++i) one->Add(Covered::kOrders, random.Next());
  EXPECT_NEAR(static_cast<double>(one->Count(Covered::kOrders)), 30'000, 600);
}

}  // namespace
}  // namespace heddle::sim
