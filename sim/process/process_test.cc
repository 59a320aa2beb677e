#include "sim/process/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;
using End = ProcessOutcome::End;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() : folder_(*TemporaryFolder::Create()) {}

  ProcessOutcome Shell(const std::string& script,
                       std::chrono::nanoseconds limit = std::chrono::minutes(1),
                       std::vector<std::string> environment = {}) {
    Command command;
    command.argv = {"/bin/sh", "-c", script};
    command.environment = std::move(environment);
    command.stdout_path = folder_.path() + "/out";
    command.stderr_path = folder_.path() + "/err";
    command.time_limit = limit;
    absl::StatusOr<ProcessOutcome> outcome = RunProcess(command);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? *outcome : ProcessOutcome{};
  }
  std::string Read(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder_.path() + "/" + name).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
};

TEST_F(ProcessTest, ExitCodeAndOutput) {
  const ProcessOutcome outcome = Shell("echo hello; echo trouble >&2; exit 7");
  EXPECT_EQ(outcome.end, End::kExited);
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(Read("out"), "hello\n");
  EXPECT_EQ(Read("err"), "trouble\n");
}

TEST_F(ProcessTest, EnvironmentIsAddedAndReplaced) {
  ASSERT_EQ(setenv("HEDDLE_TEST_KEPT", "kept", 1), 0);
  ASSERT_EQ(setenv("HEDDLE_TEST_OLD", "old", 1), 0);
  Shell("echo $HEDDLE_TEST_KEPT $HEDDLE_TEST_OLD $HEDDLE_TEST_NEW", std::chrono::minutes(1),
        {"HEDDLE_TEST_OLD=replaced", "HEDDLE_TEST_NEW=new"});
  EXPECT_EQ(Read("out"), "kept replaced new\n");
}

TEST_F(ProcessTest, SignalsAreReported) {
  const ProcessOutcome outcome = Shell("kill -SEGV $$");
  EXPECT_EQ(outcome.end, End::kSignalled);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_EQ(SignalName(outcome.signal), "SIGSEGV");
}

TEST_F(ProcessTest, TimeLimitKillsDescendantsToo) {
  // The shell waits for a child that would sleep for ever; both are gone when RunProcess returns.
  // (On a busy machine the shell may not come that far at first.)
  int child = 0;
  for (std::chrono::milliseconds limit{200}; child == 0; limit *= 4) {
    const ProcessOutcome outcome = Shell("sleep 1000 & echo $!; wait", limit);
    ASSERT_EQ(outcome.end, End::kTimedOut);
    ASSERT_TRUE(Read("out").empty() || absl::SimpleAtoi(Read("out"), &child)) << Read("out");
  }
  // The kill is done; the child may still be on its way through the kernel, or wait for its new
  // parent to reap it.
  std::string state = "running";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < deadline) {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name;
    if (!(status >> pid >> name >> state) || state == "Z" || state == "X") {
      state = "gone";
      break;
    }
  }
  EXPECT_EQ(state, "gone");
}

TEST_F(ProcessTest, AddressesAreNotRandomised) {
  Shell("cat /proc/self/personality");
  const std::string personality = Read("out");
  if (personality.find("00040000") == std::string::npos) {
    GTEST_SKIP() << "this machine does not let us switch randomisation off: " << personality;
  }
  EXPECT_THAT(personality, HasSubstr("00040000"));
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsNamed) {
  Command command;
  command.argv = {"/no/such/program"};
  command.stdout_path = folder_.path() + "/out";
  command.stderr_path = folder_.path() + "/err";
  command.time_limit = std::chrono::seconds(10);
  const absl::StatusOr<ProcessOutcome> outcome = RunProcess(command);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(outcome.status().message(), HasSubstr("cannot execute /no/such/program: No such"));
}

TEST_F(ProcessTest, AFolderThatIsNotThereIsNamed) {
  Command command;
  command.argv = {"/bin/true"};
  command.stdout_path = "/no/such/folder/out";
  command.stderr_path = "/no/such/folder/err";
  EXPECT_THAT(RunProcess(command).status().message(), HasSubstr("/no/such/folder/out"));
}

TEST(TemporaryFolders, AreRemovedUnlessKept) {
  std::string removed, kept;
  {
    TemporaryFolder first = *TemporaryFolder::Create();
    TemporaryFolder second = *TemporaryFolder::Create();
    second.Keep();
    removed = first.path();
    kept = second.path();
    std::ofstream(removed + "/file") << "text";
  }
  EXPECT_FALSE(std::filesystem::exists(removed));
  EXPECT_TRUE(std::filesystem::exists(kept));
  std::filesystem::remove_all(kept);
}

}  // namespace
}  // namespace heddle::sim
