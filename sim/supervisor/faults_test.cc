// Faults of the environment: each kind happens, careless code falls over it and careful code does
// not, and what was written down brings the same faults again, in every flavour.
#include "sim/protocol/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};
constexpr uint32_t kExecutions = 40;
constexpr uint32_t kOften = 300'000;  // per million

std::unique_ptr<Supervisor> Start(const std::string& flavour, const std::string& mode,
                                  const std::string& manner) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-faults-" + flavour, mode, manner};
  options.max_points = 100'000;
  auto supervisor = Supervisor::Start(options);
  EXPECT_TRUE(supervisor.ok()) << supervisor.status();
  return supervisor.ok() ? *std::move(supervisor) : nullptr;
}

CampaignOptions Options(FaultKind kind, FaultRule rule) {
  CampaignOptions options;
  options.spec.step_budget = 100'000;
  options.spec.faults[static_cast<size_t>(kind)] = rule;
  return options;
}

Batch RunBatch(Supervisor& supervisor, const CampaignOptions& options, uint32_t count) {
  EXPECT_TRUE(supervisor.NewCampaign(options).ok());
  auto batch = supervisor.RunBatch(0, count);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return batch.ok() ? *std::move(batch) : Batch();
}

std::string Told(const Supervisor& supervisor, const Outcome& outcome) {
  return supervisor.Describe(outcome) + outcome.standard_error;
}

class FaultTest : public ::testing::TestWithParam<FaultKind> {
 protected:
  static const char* Mode() { return FaultKindName(GetParam()); }
  static uint64_t Injected(const Batch& batch) {
    return batch.faults[static_cast<size_t>(GetParam())];
  }
};

TEST_P(FaultTest, CarefulCodeCopes) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, Mode(), "right");
    ASSERT_NE(supervisor, nullptr);
    const Batch batch =
        RunBatch(*supervisor, Options(GetParam(), {.per_million = kOften}), kExecutions);
    EXPECT_EQ(batch.last.finding, FailureKind::kNone)
        << flavour << " execution " << batch.last.execution << "\n"
        << Told(*supervisor, batch.last);
    EXPECT_EQ(batch.executions.size(), kExecutions);
    EXPECT_GT(Injected(batch), 0u) << flavour;
    EXPECT_THAT(batch.last.faults, Each(Field(&Fault::kind, GetParam())));
  }
}

TEST_P(FaultTest, CarelessCodeIsFoundOut) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, Mode(), "careless");
    ASSERT_NE(supervisor, nullptr);
    // Without faults there is nothing to find.
    const Batch clean = RunBatch(*supervisor, Options(GetParam(), {}), kExecutions);
    EXPECT_EQ(clean.last.finding, FailureKind::kNone) << Told(*supervisor, clean.last);
    EXPECT_THAT(clean.last.faults, IsEmpty());
    const CampaignOptions options = Options(GetParam(), {.per_million = kOften});
    const Batch batch = RunBatch(*supervisor, options, kExecutions);
    ASSERT_NE(batch.last.finding, FailureKind::kNone) << flavour;
    ASSERT_THAT(batch.last.faults, ::testing::Not(IsEmpty()));
    // The recording leads there again; without its faults it does not.
    CampaignOptions again = supervisor->ReplayOf(batch.last, options);
    for (int i = 0; i < 3; ++i) {
      const auto replayed = supervisor->Replay(again, batch.last.execution);
      ASSERT_TRUE(replayed.ok()) << replayed.status();
      EXPECT_EQ(replayed->finding, batch.last.finding) << flavour << " " << replayed->message;
      EXPECT_EQ(replayed->steps, batch.last.steps);
      EXPECT_EQ(replayed->faults, batch.last.faults);
    }
    again.replay.clear();
    again.follow_faults->clear();
    const auto spared = supervisor->Replay(again, batch.last.execution);
    ASSERT_TRUE(spared.ok()) << spared.status();
    EXPECT_EQ(spared->finding, FailureKind::kNone) << Told(*supervisor, *spared);
  }
}

TEST_P(FaultTest, OneRecordingDrivesEveryFlavour) {
  const CampaignOptions options = Options(GetParam(), {.per_million = kOften});
  const auto first = Start("det", Mode(), "right");
  ASSERT_NE(first, nullptr);
  const Batch batch = RunBatch(*first, options, kExecutions);
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, Mode(), "right");
    ASSERT_NE(supervisor, nullptr);
    const CampaignOptions again = first->ReplayOf(batch.last, options);
    const auto replayed = supervisor->Replay(again, batch.last.execution);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(replayed->finding, FailureKind::kNone) << flavour << "\n"
                                                     << Told(*supervisor, *replayed);
    EXPECT_EQ(replayed->steps, batch.last.steps) << flavour;
    EXPECT_EQ(replayed->faults, batch.last.faults) << flavour;
    // The seed alone decides: a campaign of its own comes to the same.
    const Batch own = RunBatch(*supervisor, options, kExecutions);
    EXPECT_EQ(own.last.faults, batch.last.faults) << flavour;
    EXPECT_EQ(own.faults, batch.faults) << flavour;
  }
}

TEST_P(FaultTest, TheNthOccasionAlone) {
  const auto supervisor = Start("det", Mode(), "right");
  ASSERT_NE(supervisor, nullptr);
  const Batch batch = RunBatch(*supervisor, Options(GetParam(), {.nth = 1}), kExecutions);
  EXPECT_EQ(batch.last.finding, FailureKind::kNone);
  EXPECT_THAT(batch.last.faults, SizeIs(1));
  EXPECT_EQ(Injected(batch), kExecutions);
}

INSTANTIATE_TEST_SUITE_P(Kernel, FaultTest,
                         ::testing::Values(FaultKind::kAllocation, FaultKind::kThread,
                                           FaultKind::kShortRead, FaultKind::kShortWrite,
                                           FaultKind::kInterrupt, FaultKind::kAgain),
                         [](const auto& info) {
                           std::string name = FaultKindName(info.param);
                           std::erase(name, '_');
                           return name;
                         });

// Who is told once of data reads until EAGAIN: an EAGAIN that is made up would leave it asleep.
TEST(FaultsTest, NoFaultIsInjectedForEdgeTriggeredReaders) {
  const auto supervisor = Start("det", "edges", "right");
  ASSERT_NE(supervisor, nullptr);
  CampaignOptions options = Options(FaultKind::kAgain, {.per_million = kOften});
  options.spec.faults[static_cast<size_t>(FaultKind::kShortRead)] = {.per_million = kOften};
  const Batch batch = RunBatch(*supervisor, options, kExecutions);
  EXPECT_EQ(batch.last.finding, FailureKind::kNone) << Told(*supervisor, batch.last);
}

// The system never answers EAGAIN on an eventfd or a pipe that holds something.
TEST(FaultsTest, NoEagainWhereTheSystemHasNone) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, "counted", "right");
    ASSERT_NE(supervisor, nullptr);
    const Batch batch =
        RunBatch(*supervisor, Options(FaultKind::kAgain, {.per_million = 1'000'000}), kExecutions);
    EXPECT_EQ(batch.last.finding, FailureKind::kNone) << Told(*supervisor, batch.last);
  }
}

TEST(FaultsTest, WhatIsOutOfScopeIsSpared) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, "scope", "right");
    ASSERT_NE(supervisor, nullptr);
    const Batch batch = RunBatch(
        *supervisor, Options(FaultKind::kAllocation, {.per_million = kOften}), kExecutions);
    EXPECT_EQ(batch.last.finding, FailureKind::kNone) << Told(*supervisor, batch.last);
    EXPECT_GT(batch.faults[static_cast<size_t>(FaultKind::kAllocation)], 0u);
  }
}

// The log of faults is bounded; the execution goes on without more.
TEST(FaultsTest, ManyFaultsAreTooMany) {
  const auto supervisor = Start("det", "fail_allocation", "right");
  ASSERT_NE(supervisor, nullptr);
  CampaignOptions options = Options(FaultKind::kAllocation, {});
  options.follow_faults.emplace(kMaxFaults + 1);
  EXPECT_EQ(supervisor->NewCampaign(options).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace heddle::sim
