// What an execution leaves behind does not reach the next one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};
constexpr uint32_t kExecutions = 3;

ProgramOptions Program(const std::string& flavour, const std::vector<std::string>& arguments) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-leftovers-" + flavour};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.max_points = 10'000;
  return options;
}

void ExpectClean(const ProgramOptions& program, bool one_by_one = false) {
  auto supervisor = Supervisor::Start(program);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  ASSERT_TRUE((*supervisor)->NewCampaign(CampaignOptions()).ok());
  uint32_t ran = 0;
  while (ran < kExecutions) {
    const auto batch = (*supervisor)->RunBatch(ran, kExecutions - ran);
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->last.finding, FailureKind::kNone)
        << (*supervisor)->Describe(batch->last) << batch->last.standard_error;
    if (one_by_one) EXPECT_EQ(batch->executions.size(), 1u);
    ran += static_cast<uint32_t>(batch->executions.size());
  }
}

TEST(LeftoversTest, TheTemporaryFolderIsEmptyAtFirst) {
  for (const char* flavour : kFlavours) ExpectClean(Program(flavour, {"file"}));
}

TEST(LeftoversTest, ProcessesThatAreLeftEnd) {
  for (const char* flavour : kFlavours) ExpectClean(Program(flavour, {"process"}));
}

TEST(LeftoversTest, ACommandBeforeEachExecutionRemovesTheRest) {
  const std::string path = testing::TempDir() + "heddle_leftovers_" + std::to_string(getpid());
  ProgramOptions program = Program("det", {"outside", path});
  program.before = "rm -f " + path;
  ExpectClean(program, /*one_by_one=*/true);
  std::filesystem::remove(path);
  program.before = "exit 3";
  auto supervisor = Supervisor::Start(program);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  ASSERT_TRUE((*supervisor)->NewCampaign(CampaignOptions()).ok());
  const auto batch = (*supervisor)->RunBatch(0, 1);
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(batch.status().message()), testing::HasSubstr("status 3"));
}

}  // namespace
}  // namespace heddle::sim
