#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/explore.h"

namespace heddle::sim {
namespace {

using model::Do;

TEST(Exhaustive, RunsEveryScheduleOnce) {
  const model::Program program{.threads = {{{Do::kTimedWait, 0, 5}, {Do::kLoad, 0}},
                                           {{Do::kStore, 0, 1}, {Do::kPost, 0}},
                                           {{Do::kLock, 0}, {Do::kUnlock, 0}}},
                               .semaphores = {0}};
  const model::Exploration all =
      model::BruteForce(program, {kUnbounded, kUnbounded}, /*most_schedules=*/100'000);
  ASSERT_TRUE(all.complete);
  const std::unique_ptr<Strategy> exhaustive = MakeExhaustive();
  std::set<std::string> schedules, results;
  while (exhaustive->NewExecution(Random(1))) {
    const model::Machine machine = model::RunOnce(program, *exhaustive);
    EXPECT_TRUE(schedules.insert(machine.Schedule()).second) << machine.Schedule();
    results.insert(machine.Result());
  }
  EXPECT_EQ(schedules.size(), all.schedules);
  EXPECT_EQ(results, all.results);
  EXPECT_EQ(exhaustive->Progress().executions, all.schedules);
  EXPECT_TRUE(exhaustive->Progress().exhausted);
}

}  // namespace
}  // namespace heddle::sim
