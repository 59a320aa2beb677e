// How executions end: what is legal is no finding, an exit status is reported as what it is, and
// each ending is the same in every flavour.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};
constexpr uint32_t kExecutions = 10;

std::unique_ptr<Supervisor> Start(const std::string& flavour, const std::string& mode) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-endings-" + flavour, mode};
  options.max_points = 10'000;
  auto supervisor = Supervisor::Start(options);
  EXPECT_TRUE(supervisor.ok()) << supervisor.status();
  return supervisor.ok() ? *std::move(supervisor) : nullptr;
}

Batch RunBatch(Supervisor& supervisor, const CampaignOptions& options) {
  EXPECT_TRUE(supervisor.NewCampaign(options).ok());
  auto batch = supervisor.RunBatch(0, kExecutions);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return batch.ok() ? *std::move(batch) : Batch();
}

// What each execution did, and how many threads it left.
std::vector<std::pair<uint64_t, uint32_t>> PathsOf(const Batch& batch) {
  std::vector<std::pair<uint64_t, uint32_t>> paths;
  for (const ExecutionSummary& each : batch.executions) {
    paths.emplace_back(each.hash, each.threads_left);
  }
  return paths;
}

struct Ending {
  const char* mode;
  FailureKind finding;  // without report_thread_leaks
  const char* message;
  FailureKind with_leaks;  // with it
  uint32_t threads_left;   // at most
};

class EndingTest : public ::testing::TestWithParam<Ending> {};

TEST_P(EndingTest, IsJudgedAlikeInEveryFlavour) {
  const Ending& ending = GetParam();
  std::optional<Batch> first;
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, ending.mode);
    ASSERT_NE(supervisor, nullptr);
    CampaignOptions options;
    const Batch batch = RunBatch(*supervisor, options);
    EXPECT_EQ(batch.last.finding, ending.finding) << flavour << supervisor->Describe(batch.last);
    EXPECT_THAT(batch.last.message, HasSubstr(ending.message)) << flavour;
    EXPECT_EQ(batch.last.state, ExecutionState::kComplete) << flavour;
    uint32_t most_left = 0;
    for (const ExecutionSummary& each : batch.executions) {
      most_left = std::max(most_left, each.threads_left);
    }
    EXPECT_EQ(most_left, ending.threads_left) << flavour;
    if (!first) first = batch;
    EXPECT_EQ(PathsOf(batch), PathsOf(*first)) << flavour;
    const auto replay =
        supervisor->Replay(supervisor->ReplayOf(first->last, options), first->last.execution);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->finding, ending.finding) << flavour << ": " << replay->message;
    EXPECT_EQ(replay->steps, first->last.steps) << flavour;

    options.spec.report_thread_leaks = true;
    EXPECT_EQ(RunBatch(*supervisor, options).last.finding, ending.with_leaks) << flavour;
  }
}

using F = FailureKind;
INSTANTIATE_TEST_SUITE_P(
    Kernel, EndingTest,
    ::testing::Values(Ending{"daemon", F::kNone, "", F::kThreadLeak, 1},
                      Ending{"unjoined", F::kNone, "", F::kThreadLeak, 1},
                      Ending{"joined-in-destructor", F::kNone, "", F::kNone, 0},
                      Ending{"handled", F::kNone, "", F::kNone, 0},
                      Ending{"_exit", F::kNone, "", F::kNone, 0},
                      Ending{"status", F::kExit, "ended with status 7", F::kThreadLeak, 1},
                      Ending{"exit-of-thread", F::kExit, "ended with status 7", F::kThreadLeak, 1}),
    [](const auto& info) {
      std::string name = info.param.mode;
      for (char& c : name) {
        if (c == '-' || c == '_') c = 'X';
      }
      return name;
    });

class EarlyEndingTest : public ::testing::TestWithParam<const char*> {};

// Status 0 says nothing where the program did not come to its end.
TEST_P(EarlyEndingTest, IsNeitherCleanNorAFinding) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, GetParam());
    ASSERT_NE(supervisor, nullptr);
    const Batch batch = RunBatch(*supervisor, CampaignOptions());
    EXPECT_EQ(batch.executions.size(), 1u) << flavour << ": it ends the batch";
    EXPECT_TRUE(batch.last.EndedEarly()) << flavour << supervisor->Describe(batch.last);
    EXPECT_THAT(batch.last.message, HasSubstr("ended with status 0 in mid-schedule")) << flavour;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, EarlyEndingTest,
                         ::testing::Values("_exit-beside-thread", "fault-handler", "abort-handler"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
                           return name;
                         });

TEST(SetupTest, AProgramOfAnotherVersionIsNamed) {
  // What such a program does, whatever its control block looks like: it says why and ends.
  ProgramOptions options;
  options.arguments = {"/bin/sh", "-c",
                       "echo 'heddle: it was built with another version' >&2; exit 71"};
  auto supervisor = Supervisor::Start(options);
  absl::Status status = supervisor.status();
  if (supervisor.ok()) status = (*supervisor)->NewCampaign(CampaignOptions());
  if (status.ok()) status = (*supervisor)->RunBatch(0, 1).status();
  EXPECT_EQ(status.message(), "/bin/sh: it was built with another version");
}

}  // namespace
}  // namespace heddle::sim
