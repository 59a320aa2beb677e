// What an execution leaves behind does not reach the next one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/process/namespaces.h"
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

// Where the machine gives namespaces.
class PrivateStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const NamespaceProbe probe = ProbeNamespaces();
    if (!probe.overlays) GTEST_SKIP() << "no namespaces, or no overlays: " << strerror(probe.error);
    folder_.emplace(*TemporaryFolder::Create());
  }
  std::string Path(const std::string& name) const { return folder_->path() + "/" + name; }

  std::optional<TemporaryFolder> folder_;  // in /tmp
};

TEST_F(PrivateStateTest, FilesAnywhereInTheCopiedFoldersAreGone) {
  for (const char* flavour : kFlavours) {
    ProgramOptions program = Program(flavour, {"outside", "/tmp/heddle-left",
                                               "/var/tmp/heddle-left", "heddle-left", Path("new")});
    ExpectClean(program);
    // A working folder elsewhere.
    program.arguments.pop_back();
    program.working_directory = HEDDLE_PROGRAMS;
    ExpectClean(program);
    EXPECT_FALSE(std::filesystem::exists(std::string(HEDDLE_PROGRAMS) + "/heddle-left"));
    EXPECT_FALSE(std::filesystem::exists("/tmp/heddle-left"));
    EXPECT_FALSE(std::filesystem::exists(Path("new")));
  }
}

TEST_F(PrivateStateTest, FilesThatWereThereAreAsTheyWere) {
  std::ofstream(Path("input")) << "input";
  ExpectClean(Program("det", {"remove", Path("input")}));
  std::string text;
  EXPECT_TRUE(std::ifstream(Path("input")) >> text);
  EXPECT_EQ(text, "input");
}

TEST_F(PrivateStateTest, SharedMemorySemaphoresAndQueuesAreGone) {
  for (const char* flavour : kFlavours) {
    ExpectClean(Program(flavour, {"shared-memory"}));
    ExpectClean(Program(flavour, {"ipc"}));
  }
  EXPECT_FALSE(std::filesystem::exists("/dev/shm/heddle-leftovers"));
}

TEST_F(PrivateStateTest, WhatACommandBeforeAnExecutionChangesIsSeen) {
  // Not there at first, so that the system may remember that it is not.
  ProgramOptions program = Program("det", {"remove", Path("input")});
  program.before = "touch " + Path("other") + "; test ! -e " + Path("input") + " && echo x > " +
                   Path("input") + " || rm " + Path("input");
  auto supervisor = Supervisor::Start(program);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  ASSERT_TRUE((*supervisor)->NewCampaign(CampaignOptions()).ok());
  for (uint64_t i = 0; i < 6; ++i) {
    const auto batch = (*supervisor)->RunBatch(i, 1);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_EQ(batch->last.finding == FailureKind::kNone, i % 2 == 0) << i;
  }
}

TEST_F(PrivateStateTest, SharedFoldersAreChangedForReal) {
  ProgramOptions program = Program("det", {"outside", Path("new")});
  program.shared_folders = {folder_->path()};
  program.before = "rm -f " + Path("new");
  ExpectClean(program, /*one_by_one=*/true);
  EXPECT_TRUE(std::filesystem::exists(Path("new")));
}

TEST(LeftoversTest, ACommandBeforeEachExecutionRemovesTheRest) {
  const std::string path = testing::TempDir() + "heddle_leftovers_" + std::to_string(getpid());
  ProgramOptions program = Program("det", {"outside", path});
  program.shared_folders = {testing::TempDir()};
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
