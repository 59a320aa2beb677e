// Which accesses of a program are points: atomics that are left to libatomic, block copies. Real
// programs (runtime/testing) in all flavours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};

std::unique_ptr<Supervisor> Start(const std::string& program, const std::string& flavour,
                                  const std::string& mode) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-" + program + "-" + flavour, mode};
  options.max_points = 100'000;
  options.keep_details = true;
  auto supervisor = Supervisor::Start(options);
  EXPECT_TRUE(supervisor.ok()) << supervisor.status();
  return supervisor.ok() ? *std::move(supervisor) : nullptr;
}

Outcome RunRandomly(Supervisor& supervisor, Preempt preempt, uint32_t executions) {
  CampaignOptions options;
  options.spec.strategy.name = "random";
  options.spec.preempt = preempt;
  options.spec.step_budget = 50'000;
  EXPECT_TRUE(supervisor.NewCampaign(options).ok());
  auto batch = supervisor.RunBatch(0, executions);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return batch.ok() ? std::move(batch->last) : Outcome();
}

TEST(Accesses, AtomicsOfLibatomicArePoints) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start("wide_atomics", flavour, "lost");
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunRandomly(*supervisor, Preempt::kSync, 100);
    EXPECT_EQ(outcome.finding, FailureKind::kCrash) << flavour << ": " << outcome.message;
    EXPECT_THAT(outcome.standard_error, HasSubstr("CHECK(tagged.load().value == 2)"));
  }
}

TEST(Accesses, BlockCopiesArePointsOfBothSidesWithPreemptMemory) {
  uint64_t expected = 0;
  for (const char* flavour : {"det", "tsan"}) {
    const auto supervisor = Start("wrong", flavour, "copies");
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunRandomly(*supervisor, Preempt::kMemory, 1);
    ASSERT_EQ(outcome.finding, FailureKind::kNone) << outcome.message;
    ASSERT_EQ(outcome.details.size(), outcome.steps.size());
    const auto accesses = [&](OpKind kind, uint32_t size) {
      size_t count = 0;
      for (size_t i = 0; i < outcome.steps.size(); ++i) {
        count += StepKind(outcome.steps[i]) == kind && outcome.details[i].size == size;
      }
      return count;
    };
    // memcpy of 100 bytes, memmove of 101, memset of 102, and a structure of 104 that is assigned.
    EXPECT_EQ(accesses(OpKind::kMemoryRead, 100), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryWrite, 100), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryRead, 101), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryWrite, 101), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryRead, 102), 0u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryWrite, 102), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryRead, 104), 1u) << flavour;
    EXPECT_EQ(accesses(OpKind::kMemoryWrite, 104), 1u) << flavour;
    if (expected == 0) expected = outcome.hash;
    EXPECT_EQ(outcome.hash, expected) << flavour;
  }
}

TEST(Accesses, UpdateByCopiesIsLostOnlyWhenTheyArePoints) {
  const auto supervisor = Start("wrong", "det", "copied-update");
  ASSERT_NE(supervisor, nullptr);
  EXPECT_EQ(RunRandomly(*supervisor, Preempt::kSync, 100).finding, FailureKind::kNone);
  EXPECT_EQ(RunRandomly(*supervisor, Preempt::kMemory, 100).finding, FailureKind::kCrash);
}

TEST(Accesses, TheValueOfASemaphoreIsReadAtAPoint) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start("wrong_sync", flavour, "semaphore-value");
    ASSERT_NE(supervisor, nullptr);
    EXPECT_EQ(RunRandomly(*supervisor, Preempt::kSync, 100).finding, FailureKind::kCrash)
        << flavour;
  }
}

// Before the first thread begins, too.
TEST(Accesses, UseAfterFreeIsReportedInEveryFlavour) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start("wrong", flavour, "use-after-free");
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunRandomly(*supervisor, Preempt::kSync, 20);
    EXPECT_EQ(outcome.finding, flavour[0] == 'd' ? FailureKind::kHeap : FailureKind::kSanitizer)
        << flavour << ": " << outcome.message;
    if (flavour[0] != 'd') {
      EXPECT_THAT(outcome.standard_error, HasSubstr("heap-use-after-free"));
    }
  }
}

// However many accesses there are.
TEST(Accesses, ALongComputationIsNoLivelockWithPreemptMemory) {
  ProgramOptions program;
  program.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-spins-det", "work"};
  const auto supervisor = Supervisor::Start(program);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  CampaignOptions options;
  options.spec.strategy.name = "random";
  options.spec.preempt = Preempt::kMemory;
  ASSERT_TRUE((*supervisor)->NewCampaign(options).ok());
  const auto batch = (*supervisor)->RunBatch(0, 1);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->last.finding, FailureKind::kNone) << batch->last.message;
  EXPECT_GE(batch->last.points, kDefaultStepBudget / 2);
  EXPECT_LT(batch->last.points, kDefaultStepBudget / 2 + 100);
}

// det fills freed memory, so a lock in it is never what it was; asan knows by itself.
TEST(Accesses, WhatLiesInFreedMemoryIsAUseAfterFree) {
  for (const char* type : {"mutex", "condition", "rwlock", "spinlock", "semaphore", "barrier"}) {
    const auto supervisor = Start("wrong_sync", "det", type);
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunRandomly(*supervisor, Preempt::kSync, 1);
    EXPECT_EQ(outcome.finding, FailureKind::kHeap) << type << ": " << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr("heap-use-after-free: ")) << type;
    EXPECT_THAT(outcome.message, HasSubstr("in a block that was freed")) << type;
    EXPECT_THAT(supervisor->Describe(outcome), ContainsRegex("freed 0x[0-9a-f]+: .*wrong_sync.cc:"))
        << type;
  }
  for (const char* access : {"atomic-read", "atomic-write", "read", "write", "memcpy"}) {
    const auto supervisor = Start("wrong_sync", "det", access);
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunRandomly(*supervisor, Preempt::kSync, 1);
    EXPECT_EQ(outcome.finding, FailureKind::kHeap) << access << ": " << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr("heap-use-after-free: ")) << access;
    EXPECT_THAT(outcome.message, HasSubstr(" of size ")) << access;
  }
  const auto supervisor = Start("wrong_sync", "det", "live");
  ASSERT_NE(supervisor, nullptr);
  EXPECT_EQ(RunRandomly(*supervisor, Preempt::kSync, 1).finding, FailureKind::kNone);
}

}  // namespace
}  // namespace heddle::sim
