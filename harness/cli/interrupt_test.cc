// Commands that are interrupted, or killed: what they started ends, and what they left is removed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "harness/cli/run_cli_test.h"
#include "sim/process/spawn.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;

class Interrupts : public RunCli {
 protected:
  // The command, running.
  pid_t Begin(const std::vector<std::string>& arguments) const {
    sim::SpawnOptions spawn;
    spawn.arguments = {Program("heddle")};
    spawn.arguments.insert(spawn.arguments.end(), arguments.begin(), arguments.end());
    spawn.environment = {{"PATH=/usr/bin:/bin", "HEDDLE_STORE=", "TMPDIR=" + folder_.path()}};
    spawn.working_directory = folder_.path();
    const sim::Spawned command = sim::SpawnProcess(spawn);
    EXPECT_EQ(command.failed, sim::SpawnStep::kNone);
    return command.process;
  }

  // The exit status, or minus the signal.
  static int End(pid_t command, int signal) {
    int status = 0;
    kill(command, signal);
    EXPECT_EQ(waitpid(command, &status, 0), command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // Looks until it is so; false when that takes too long.
  static bool Await(const std::function<bool()>& so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!so()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  static bool IsGone(int process) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string pid, name, state;
    return !(stat >> pid >> name >> state) || state == "Z" || state == "X";
  }

  // The first process that the thread which started `process` has started, or 0.
  static int ChildOf(int process) {
    for (const auto& thread :
         fs::directory_iterator("/proc/" + std::to_string(process) + "/task", no_error_)) {
      int child = 0;
      if (std::ifstream(thread.path() / "children") >> child) return child;
    }
    return 0;
  }

  // A program that computes for ever and reaches no schedule point.
  std::vector<std::string> ExploreSpinning(std::vector<std::string> options) const {
    options.insert(options.begin(),
                   {"explore", "--program", Program("kernel-wrong-det"), "--out", Path("found")});
    options.insert(options.end(), {"--", "spin"});
    return options;
  }

  // Temporary folders of commands.
  std::vector<std::string> Folders() const {
    std::vector<std::string> folders;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename();
      if (entry.is_directory() && name.substr(0, 7) == "heddle-") folders.push_back(name);
    }
    return folders;
  }

 private:
  static inline std::error_code no_error_;
};

TEST_F(Interrupts, OneSignalEndsACommandAndAProgramThatNeverReachesControl) {
  const std::string program = Path("slow.sh");
  std::ofstream(program) << "#!/bin/sh\nsleep 1000 &\necho $! > " << Path("pid") << "\nwait\n";
  fs::permissions(program, fs::perms::owner_all);
  const pid_t command = Begin({"explore", "--program", program, "--out", Path("found")});
  int sleeper = 0;
  ASSERT_TRUE(Await([&] { return static_cast<bool>(std::ifstream(Path("pid")) >> sleeper); }));
  EXPECT_EQ(End(command, SIGINT), 130);
  EXPECT_TRUE(Await([&] { return IsGone(sleeper); })) << "process " << sleeper << " is an orphan";
}

TEST_F(Interrupts, TerminationEndsEveryCommandThatTakesLong) {
  const std::string program = Program("kernel-deadlock-det");
  ASSERT_EQ(Heddle({"explore", "--program", program, "--out", Path("found")}).code, 1);
  std::string schedule;
  for (const auto& entry : fs::directory_iterator(Path("found"))) {
    if (entry.path().string().ends_with(".schedule.json")) schedule = entry.path();
  }
  const std::vector<std::vector<std::string>> commands = {
      {"replay", schedule, "--program", program, "--times", "1000000000"},
      {"explore", "--program", Program("kernel-clean-det"), "-n", "1000000000", "--out", Path("x")},
      {"trace", "generate", "--slots", "100000000", "-o", Path("endless.jsonl")}};
  for (const std::vector<std::string>& command : commands) {
    const pid_t process = Begin(command);
    // Its handlers may not be there yet: then the signal ends it as it ends any process.
    const int end = End(process, SIGTERM);
    EXPECT_TRUE(end == 130 || end == -SIGTERM) << command[0] << ": " << end;
  }
}

TEST_F(Interrupts, OneSignalEndsAnExecutionThatComputes) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t command = Begin(ExploreSpinning({}));
    int server = 0, execution = 0;
    // The command's first child may be another, such as the loader that lists the libraries.
    ASSERT_TRUE(Await([&] {
      server = ChildOf(command);
      execution = server == 0 ? 0 : ChildOf(server);
      return execution != 0;
    }));
    kill(command, signal);  // as timeout(1) does: to the process, and to its group
    EXPECT_EQ(End(command, signal), 130);
    EXPECT_TRUE(Await([&] { return IsGone(server) && IsGone(execution); }));
    EXPECT_TRUE(Folders().empty());
  }
}

TEST_F(Interrupts, TimeLimitHoldsWhateverAnExecutionDoes) {
  for (const char* strategy : {"random", "dfs", "exhaustive"}) {
    const Result result = Heddle(ExploreSpinning({"--time", "1s", "--strategy", strategy}));
    EXPECT_EQ(result.code, 4) << strategy << ": " << result.out << result.err;
    EXPECT_THAT(result.out, testing::HasSubstr("1 schedule did not end in time"));
    EXPECT_TRUE(Folders().empty());
  }
}

TEST_F(Interrupts, TimeLimitHoldsForTheStart) {
  const std::string program = Path("slow.sh");
  std::ofstream(program) << "#!/bin/sh\nsleep 1000\n";
  fs::permissions(program, fs::perms::owner_all);
  const Result result =
      Heddle({"explore", "--program", program, "--time", "1s", "--out", Path("found")});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, testing::ContainsRegex("did not reach control within [0-9]{1,4} ms"));
}

TEST_F(Interrupts, TheCommandBeforeAnExecutionIsEndedToo) {
  const pid_t command =
      Begin({"explore", "--program", Program("kernel-clean-det"), "--out", Path("found"),
             "--before", "echo $$ > " + Path("pid") + "; sleep 1000"});
  int shell = 0;
  ASSERT_TRUE(Await([&] { return static_cast<bool>(std::ifstream(Path("pid")) >> shell); }));
  EXPECT_EQ(End(command, SIGTERM), 130);
  EXPECT_TRUE(Await([&] { return IsGone(shell); }));
  EXPECT_TRUE(Folders().empty());
}

TEST_F(Interrupts, WhatAKilledCommandLeftIsRemovedByTheNext) {
  const Result found =
      Heddle({"explore", "--program", Program("kernel-deadlock-det"), "--out", Path("found")});
  ASSERT_EQ(found.code, 1) << found.err;
  std::string schedule;
  for (const auto& entry : fs::directory_iterator(Path("found"))) {
    if (entry.path().string().ends_with(".schedule.json")) schedule = entry.path();
  }
  EXPECT_TRUE(Folders().empty());
  // It stops, and waits for a debugger.
  const pid_t command =
      Begin({"replay", schedule, "--program", Program("kernel-deadlock-det"), "--break-at", "0"});
  ASSERT_TRUE(Await([&] { return Folders().size() == 2; }));  // its own, and the executions'
  EXPECT_EQ(Heddle({"version"}).code, 0);
  EXPECT_EQ(Folders().size(), 2u) << "a folder in use was removed";
  EXPECT_EQ(End(command, SIGKILL), -SIGKILL);
  EXPECT_EQ(Folders().size(), 2u);
  EXPECT_EQ(Heddle({"version"}).code, 0);
  EXPECT_TRUE(Folders().empty());
}

}  // namespace
}  // namespace heddle::cli
