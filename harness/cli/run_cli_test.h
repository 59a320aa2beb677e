// Runs the command line in a folder of its own, and reads what comes of it.
#ifndef HEDDLE_HARNESS_CLI_RUN_CLI_TEST_H_
#define HEDDLE_HARNESS_CLI_RUN_CLI_TEST_H_

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/process/process.h"

namespace heddle::cli {

class RunCli : public ::testing::Test {
 protected:
  struct Result {
    int code = -1;
    std::string out, err;
  };

  RunCli() : RunCli({"NO_COLOR=1", "HEDDLE_STORE="}, std::chrono::minutes(2)) {
    environment_.push_back("HOME=" + folder_.path());
  }
  // `environment` is what commands get beside TMPDIR, which is the folder.
  RunCli(std::vector<std::string> environment, std::chrono::minutes time_limit)
      : folder_(*sim::TemporaryFolder::Create()),
        environment_(std::move(environment)),
        time_limit_(time_limit) {
    environment_.push_back("TMPDIR=" + folder_.path());
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  static std::string Program(const std::string& name) {
    return absl::StrCat(sim::ExecutableFolder(), "/", name);
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  // With `more` in the environment.
  Result Execute(std::vector<std::string> argv, const std::vector<std::string>& more = {}) const {
    sim::Command command;
    command.argv = std::move(argv);
    command.environment = more;  // the first of a name counts
    command.environment.insert(command.environment.end(), environment_.begin(), environment_.end());
    command.stdout_path = Path("out");
    command.stderr_path = Path("err");
    command.time_limit = time_limit_;
    const absl::StatusOr<sim::ProcessOutcome> outcome = sim::RunProcess(command);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    Result result;
    if (outcome.ok() && outcome->end == sim::ProcessOutcome::End::kExited) {
      result.code = outcome->code;
    }
    result.out = Read(Path("out"));
    result.err = Read(Path("err"));
    return result;
  }

  Result Heddle(const std::vector<std::string>& arguments,
                const std::vector<std::string>& more = {}) const {
    std::vector<std::string> argv = {Program("heddle")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Execute(argv, more);
  }

  sim::TemporaryFolder folder_;

 private:
  std::vector<std::string> environment_;
  const std::chrono::minutes time_limit_;
};

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_RUN_CLI_TEST_H_
