#include "sim/process/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
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

// A process of its own that makes a folder, and is killed, or goes on.
class OwnerProcess {
 public:
  OwnerProcess() {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    process_ = fork();
    if (process_ == 0) {
      const TemporaryFolder folder = *TemporaryFolder::Create();
      std::filesystem::create_directories(folder.path() + "/some/folders");
      std::ofstream(folder.path() + "/some/file") << "text";
      EXPECT_GT(write(ready[1], folder.path().data(), folder.path().size()), 0);
      for (;;) pause();
    }
    char path[4096];
    const ssize_t got = read(ready[0], path, sizeof path);
    path_.assign(path, static_cast<size_t>(std::max<ssize_t>(got, 0)));
    close(ready[0]), close(ready[1]);
  }
  ~OwnerProcess() { Kill(); }
  void Kill() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  const std::string& path() const { return path_; }

 private:
  pid_t process_ = -1;
  std::string path_;
};

TEST(TemporaryFolders, ThoseOfKilledOwnersAreRemoved) {
  const TemporaryFolder root = *TemporaryFolder::Create();
  const std::string before = getenv("TMPDIR") == nullptr ? "" : getenv("TMPDIR");
  setenv("TMPDIR", root.path().c_str(), 1);
  OwnerProcess dead, alive;
  dead.Kill();
  TemporaryFolder kept = *TemporaryFolder::Create();
  std::ofstream(kept.path() + "/file") << "text";
  kept.Keep();
  std::filesystem::create_directory(root.path() + "/heddle-empty");
  std::filesystem::create_directory(root.path() + "/other");
  std::filesystem::create_directory_symlink(kept.path(), root.path() + "/heddle-link");
  ASSERT_TRUE(std::filesystem::exists(dead.path()));
  RemoveAbandonedFolders();
  EXPECT_FALSE(std::filesystem::exists(dead.path()));
  EXPECT_FALSE(std::filesystem::exists(root.path() + "/heddle-empty"));
  EXPECT_TRUE(std::filesystem::exists(alive.path() + "/some/file"));
  EXPECT_TRUE(std::filesystem::exists(kept.path() + "/file"));
  EXPECT_TRUE(std::filesystem::exists(root.path() + "/other"));
  EXPECT_TRUE(std::filesystem::is_symlink(root.path() + "/heddle-link"));
  before.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
}

}  // namespace
}  // namespace heddle::sim
