// The operating system that programs see under control is the one that they see without it: the
// groups of sim/runtime/testing/conformance print the same in a free run and under `fifo` in each
// flavour, and what `random` and `pos` do replays exactly in each.
//
// HEDDLE_PROGRAMS is the folder they are built into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "sim/process/process.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};

std::string Path(const std::string& suffix) {
  return std::string(HEDDLE_PROGRAMS) + "/kernel-conformance" + suffix;
}

// What a program that is not under control prints.
std::string OutputOf(const std::vector<std::string>& arguments) {
  auto folder = TemporaryFolder::Create();
  EXPECT_TRUE(folder.ok()) << folder.status();
  if (!folder.ok()) return "";
  Command command;
  command.argv = arguments;
  command.environment = {"TMPDIR=" + folder->path()};
  command.stdout_path = folder->path() + "/output";
  command.stderr_path = folder->path() + "/errors";
  command.time_limit = std::chrono::minutes(1);
  const auto outcome = RunProcess(command);
  EXPECT_TRUE(outcome.ok() && outcome->end == ProcessOutcome::End::kExited && outcome->code == 0)
      << arguments[0];
  std::stringstream text;
  text << std::ifstream(command.stdout_path).rdbuf();
  return text.str();
}

// The lines that differ; empty: none.
std::string Difference(const std::string& free, const std::string& controlled) {
  const std::vector<std::string> expected = absl::StrSplit(free, '\n');
  const std::vector<std::string> got = absl::StrSplit(controlled, '\n');
  std::string text;
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string a = i < expected.size() ? expected[i] : "(nothing)";
    const std::string b = i < got.size() ? got[i] : "(nothing)";
    if (a != b) text += "  free: " + a + "\n  here: " + b + "\n";
  }
  return text;
}

std::unique_ptr<Supervisor> Start(const std::string& flavour, const std::string& group) {
  ProgramOptions options;
  options.arguments = {Path("-" + flavour), group};
  options.max_points = 1'000'000;
  auto supervisor = Supervisor::Start(options);
  EXPECT_TRUE(supervisor.ok()) << supervisor.status();
  return supervisor.ok() ? *std::move(supervisor) : nullptr;
}

CampaignOptions Options(const std::string& strategy) {
  CampaignOptions options;
  options.spec.strategy.name = strategy.c_str();
  options.spec.step_budget = 1'000'000;
  return options;
}

Outcome RunOne(Supervisor& supervisor, const CampaignOptions& options, uint64_t execution) {
  EXPECT_TRUE(supervisor.NewCampaign(options).ok());
  auto batch = supervisor.RunBatch(execution, 1);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return batch.ok() ? std::move(batch->last) : Outcome();
}

class ConformanceTest : public ::testing::TestWithParam<std::string> {};

TEST_P(ConformanceTest, CallsReturnUnderControlWhatTheyReturnFree) {
  const std::string free = OutputOf({Path(""), GetParam()});
  ASSERT_FALSE(free.empty());
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(flavour, GetParam());
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunOne(*supervisor, Options("fifo"), 0);
    EXPECT_EQ(outcome.finding, FailureKind::kNone)
        << flavour << ": " << supervisor->Describe(outcome) << outcome.standard_error;
    EXPECT_EQ(Difference(free, outcome.standard_output), "") << flavour;
  }
}

TEST_P(ConformanceTest, SchedulesReplayExactlyInEveryFlavour) {
  std::vector<std::unique_ptr<Supervisor>> supervisors;
  for (const char* flavour : kFlavours) {
    supervisors.push_back(Start(flavour, GetParam()));
    ASSERT_NE(supervisors.back(), nullptr);
  }
  for (const char* strategy : {"random", "pos"}) {
    for (const uint64_t execution : {1, 2}) {
      const CampaignOptions options = Options(strategy);
      const Outcome recorded = RunOne(*supervisors[0], options, execution);
      EXPECT_EQ(recorded.finding, FailureKind::kNone)
          << supervisors[0]->Describe(recorded) << recorded.standard_error;
      for (size_t i = 0; i < supervisors.size(); ++i) {
        const auto replay =
            supervisors[i]->Replay(supervisors[i]->ReplayOf(recorded, options), execution);
        ASSERT_TRUE(replay.ok()) << replay.status();
        EXPECT_EQ(replay->finding, FailureKind::kNone)
            << kFlavours[i] << " " << strategy << ": " << replay->message;
        EXPECT_EQ(replay->steps, recorded.steps) << kFlavours[i] << " " << strategy;
        EXPECT_EQ(replay->standard_output, recorded.standard_output) << kFlavours[i];
      }
    }
  }
}

std::vector<std::string> Groups() { return absl::StrSplit(HEDDLE_CONFORMANCE_GROUPS, ','); }

INSTANTIATE_TEST_SUITE_P(Calls, ConformanceTest, ::testing::ValuesIn(Groups()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace heddle::sim
