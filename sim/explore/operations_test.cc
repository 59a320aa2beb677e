#include "sim/explore/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "sim/explore/explore.h"

namespace heddle::sim {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class OperationsTest : public testing::TestWithParam<const char*> {
 protected:
  static ProgramOptions Program() {
    ProgramOptions program;
    program.arguments = {std::string(HEDDLE_PROGRAMS "/heddle-corpus-") + GetParam(), "lost-update",
                         "broken"};
    return program;
  }

  static Schedule Found(Preempt preempt) {
    ExploreOptions options;
    options.program = Program();
    options.spec.preempt = preempt;
    options.schedules = 300;
    const absl::StatusOr<ExploreResult> result = Explore(options);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok() || result->findings.empty()) return {};
    return result->findings[0].schedule;
  }
};

TEST_P(OperationsTest, EveryStepHasItsPlaceInTheProgram) {
  const Schedule schedule = Found(Preempt::kSync);
  ASSERT_FALSE(schedule.steps.empty());
  const absl::StatusOr<OperationLog> log = LogOperations(Program(), schedule);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->verdict.difference, "");
  EXPECT_EQ(log->outcome.finding, schedule.finding);
  ASSERT_EQ(log->operations.size(), schedule.steps.size());
  bool in_program = false;
  int64_t time = 0;
  std::set<ThreadNumber> threads;
  for (size_t i = 0; i < log->operations.size(); ++i) {
    const OperationLog::Operation& operation = log->operations[i];
    EXPECT_EQ(MakeStep(operation.kind, operation.thread), schedule.steps[i]);
    EXPECT_GE(operation.virtual_ns, time);
    time = operation.virtual_ns;
    threads.insert(operation.thread);
    ASSERT_LT(operation.stack, log->stacks.size());
    for (const uint32_t frame : log->stacks[operation.stack]) {
      EXPECT_THAT(log->frames[frame].file, Not(HasSubstr("/sim/runtime/")));
      in_program |= log->frames[frame].file.ends_with("lost_update.cc") &&
                    log->frames[frame].line > 0 && operation.kind == OpKind::kAtomicStore;
    }
  }
  EXPECT_TRUE(in_program) << "no atomic store in lost_update.cc";
  EXPECT_GE(threads.size(), 3u);
}

TEST_P(OperationsTest, TwoThreadsOnOneObjectHaveOneNumber) {
  const Schedule schedule = Found(Preempt::kSync);
  const absl::StatusOr<OperationLog> log = LogOperations(Program(), schedule);
  ASSERT_TRUE(log.ok()) << log.status();
  std::set<std::pair<ObjectId, uint64_t>> stored;
  std::set<ThreadNumber> threads;
  for (const OperationLog::Operation& operation : log->operations) {
    const auto& stack = log->stacks[operation.stack];
    const bool own = std::any_of(stack.begin(), stack.end(), [&](uint32_t frame) {
      return log->frames[frame].file.ends_with("lost_update.cc");
    });
    if (operation.kind != OpKind::kAtomicStore || !own) continue;
    stored.emplace(operation.object, operation.address);
    threads.insert(operation.thread);
    EXPECT_GT(operation.size, 0u);
  }
  EXPECT_EQ(stored.size(), 1u);
  EXPECT_EQ(threads.size(), 2u);
}

TEST_P(OperationsTest, ADifferenceIsReported) {
  Schedule schedule = Found(Preempt::kSync);
  ASSERT_GT(schedule.steps.size(), 4u);
  schedule.steps[4] = MakeStep(OpKind::kSemPost, StepThread(schedule.steps[4]));
  const absl::StatusOr<OperationLog> log = LogOperations(Program(), schedule);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_THAT(log->verdict.difference, HasSubstr("diverged at point 4"));
  EXPECT_EQ(log->operations.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(Flavours, OperationsTest, testing::Values("det", "tsan"));

TEST(Operations, TooLongIsRefused) {
  Schedule schedule;
  schedule.steps.resize(kMaxShownPoints + 1);
  const absl::StatusOr<OperationLog> log = LogOperations({}, schedule);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("2000000 can be shown"));
}

}  // namespace
}  // namespace heddle::sim
