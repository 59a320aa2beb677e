#include "sim/process/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace heddle::sim {
namespace {

class SpawnTest : public ::testing::Test {
 protected:
  SpawnTest() { EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0); }
  ~SpawnTest() override {
    if (pipe_[1] >= 0) close(pipe_[1]);
    close(pipe_[0]);
  }

  static SpawnOptions Shell(const std::string& script) {
    SpawnOptions options;
    options.arguments = {"/bin/sh", "-c", script};
    return options;
  }
  // What it writes to its standard output.
  std::string Output(SpawnOptions options) {
    options.descriptors.push_back({pipe_[1], STDOUT_FILENO});
    const Spawned child = SpawnProcess(options);
    EXPECT_EQ(child.failed, SpawnStep::kNone) << child.error;
    close(pipe_[1]);
    pipe_[1] = -1;
    std::string output;
    char part[256];
    for (ssize_t got; (got = read(pipe_[0], part, sizeof part)) > 0;) {
      output.append(part, static_cast<size_t>(got));
    }
    EXPECT_EQ(waitpid(child.process, nullptr, 0), child.process);
    return output;
  }

  int pipe_[2] = {-1, -1};
};

TEST_F(SpawnTest, DescriptorsMayTradePlaces) {
  // Each target is the other's source: a plain dup2 after the other would lose one.
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  SpawnOptions options = Shell("readlink /proc/$$/fd/" + std::to_string(ends[0]) +
                               "; readlink /proc/$$/fd/" + std::to_string(file));
  options.descriptors = {{file, ends[0]}, {ends[0], file}};
  const std::string output = Output(options);
  EXPECT_EQ(output.substr(0, 16), "/dev/null\npipe:[") << output;
  close(file), close(ends[0]), close(ends[1]);
}

TEST_F(SpawnTest, OtherDescriptorsAreClosed) {
  const int inherited = open("/dev/null", O_RDONLY);  // not close-on-exec
  ASSERT_GT(inherited, 2);
  SpawnOptions options =
      Shell("test -e /proc/$$/fd/" + std::to_string(inherited) + " && echo open || echo closed");
  options.close_others = true;
  EXPECT_EQ(Output(options), "closed\n");
  close(inherited);
}

TEST_F(SpawnTest, EnvironmentAndFolderAreAsAsked) {
  SpawnOptions options = Shell("echo $ONLY $HOME; pwd");
  options.environment = {"ONLY=this"};
  options.working_directory = "/";
  EXPECT_EQ(Output(options), "this\n/\n");
}

TEST_F(SpawnTest, NameIsFoundOnThePath) {
  SpawnOptions options;
  options.arguments = {"echo", "found"};
  options.search_path = true;
  EXPECT_EQ(Output(options), "found\n");
}

TEST_F(SpawnTest, NoCoreFileIsLeft) {
  SpawnOptions options = Shell("ulimit -c");
  options.core_file = false;
  EXPECT_EQ(Output(options), "0\n");
}

TEST_F(SpawnTest, WhatFailsIsReportedWithItsError) {
  SpawnOptions options;
  options.arguments = {"/no/such/program"};
  Spawned child = SpawnProcess(options);
  EXPECT_EQ(child.failed, SpawnStep::kExec);
  EXPECT_EQ(child.error, ENOENT);
  EXPECT_EQ(child.process, -1);
  options = Shell("true");
  options.working_directory = "/no/such/folder";
  child = SpawnProcess(options);
  EXPECT_EQ(child.failed, SpawnStep::kDirectory);
  EXPECT_EQ(child.error, ENOENT);
  options = Shell("true");
  options.descriptors = {{12345, 1}};
  child = SpawnProcess(options);
  EXPECT_EQ(child.failed, SpawnStep::kDescriptors);
  EXPECT_EQ(child.error, EBADF);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace heddle::sim
