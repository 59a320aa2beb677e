#include "sim/explore/learnt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

PlanUse Use(const char* strategy, Preempt preempt, MemoryModel memory, uint64_t executions) {
  PlanUse use;
  use.plan.strategy.name = strategy;
  use.plan.preempt = preempt;
  use.plan.memory = memory;
  use.executions = executions;
  return use;
}

TEST(Took, NamesSharesOfStrategiesPointsAndMemory) {
  ExploreResult result;
  EXPECT_THAT(Took(result), IsEmpty());
  result.plans = {Use("pos", Preempt::kSync, MemoryModel::kSc, 20),
                  Use("surw", Preempt::kSync, MemoryModel::kSc, 30),
                  Use("surw", Preempt::kMemory, MemoryModel::kSc, 40),
                  Use("pos", Preempt::kSync, MemoryModel::kC11, 10)};
  EXPECT_EQ(Took(result),
            "auto took surw (70%), pos (30%); points at memory accesses in 40%, memory c11 in 10%");
}

ExploreResult Ran(uint64_t executions, uint64_t last_interleaving, uint64_t last_pair) {
  ExploreResult result;
  result.progress.executions = executions;
  result.coverage.last_new_interleaving = last_interleaving;
  result.coverage.last_new_pair = last_pair;
  return result;
}

TEST(LearningHint, SaysWhenNothingNewCame) {
  EXPECT_THAT(LearningHint(Ran(1000, 300, 20)), HasSubstr("the last 700 schedules"));
  EXPECT_THAT(LearningHint(Ran(1000, 900, 20)), IsEmpty());
  EXPECT_THAT(LearningHint(Ran(10000, 9999, 500)), HasSubstr("no new pair"));
  EXPECT_THAT(LearningHint(Ran(100, 1, 1)), IsEmpty()) << "too few to tell";
  ExploreResult found = Ran(1000, 300, 20);
  found.findings.emplace_back();
  EXPECT_THAT(LearningHint(found), IsEmpty());
}

TEST(CoverageFacts, EstimatesWhatIsUnseen) {
  CoverageFacts facts;
  EXPECT_EQ(facts.ShareUnseen(0), 1);
  facts.once = 25;
  EXPECT_EQ(facts.ShareUnseen(100), 0.25);
}

}  // namespace
}  // namespace heddle::sim
