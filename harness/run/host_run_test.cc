#include "harness/run/host_run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

class ControlledHostTest : public testing::Test {
 protected:
  ControlledHostTest() : folder_(*sim::TemporaryFolder::Create()) {}

  // A host in the folder `name`, which replays `trace`.
  HostJob Job(const std::string& name, const std::string& trace) {
    HostJob job;
    job.executable = "/bin/true";
    job.folder = (fs::path(folder_.path()) / name).string();
    job.request.trace = (fs::path(folder_.path()) / trace).string();
    job.time_limit = std::chrono::seconds(1);
    fs::create_directories(job.folder);
    return job;
  }
  static std::string Text(const std::string& path) {
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  const sim::TemporaryFolder folder_;
};

TEST_F(ControlledHostTest, SeesNothingOfWhereItsFolderAndTraceAre) {
  const HostJob one = Job("a", "t.jsonl");
  const HostJob other = Job("another/with/a/longer/name", "traces/of/somebody/else.jsonl");
  const absl::StatusOr<sim::ProgramOptions> first = ControlledHost(one),
                                            second = ControlledHost(other);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->arguments, second->arguments);
  EXPECT_EQ(Text(one.folder + "/request.json"), Text(other.folder + "/request.json"));
  EXPECT_NE(Text(one.folder + "/request.json"), "");
  for (const auto& [job, program] : {std::pair(one, *first), std::pair(other, *second)}) {
    EXPECT_EQ(program.working_directory, job.folder);
    const absl::StatusOr<host::Request> request =
        host::ReadRequest(program.working_directory + "/" + program.arguments[1]);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ(fs::read_symlink(fs::path(job.folder) / request->trace), job.request.trace);
    EXPECT_EQ(ResultIn(job.folder), job.folder + "/" + program.arguments[2]);
  }
}

TEST_F(ControlledHostTest, KeepsWhatTellsThatATraceIsCompressed) {
  const HostJob job = Job("a", "t.jsonl.zst");
  ASSERT_TRUE(ControlledHost(job).ok());
  EXPECT_TRUE(fs::is_symlink(job.folder + "/events.jsonl.zst"));
}

TEST_F(ControlledHostTest, MayFollowAnotherInItsFolder) {
  ASSERT_TRUE(ControlledHost(Job("a", "t.jsonl")).ok());
  std::ofstream(ResultIn(Job("a", "").folder)) << "of the first";
  const HostJob second = Job("a", "u.jsonl");
  ASSERT_TRUE(ControlledHost(second).ok());
  EXPECT_EQ(fs::read_symlink(second.folder + "/events.jsonl"), second.request.trace);
  EXPECT_FALSE(fs::exists(ResultIn(second.folder)));
}

TEST_F(ControlledHostTest, SaysWhichFolderItCannotWrite) {
  HostJob job = Job("a", "t.jsonl");
  job.folder += "/missing";
  const absl::StatusOr<sim::ProgramOptions> program = ControlledHost(job);
  ASSERT_FALSE(program.ok());
  EXPECT_NE(program.status().message().find(job.folder), std::string::npos) << program.status();
}

}  // namespace
}  // namespace heddle::harness
