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
#include "harness/process.h"

namespace heddle::cli {

class RunCli : public ::testing::Test {
 protected:
  struct Result {
    int code = -1;
    std::string out, err;
  };

  RunCli() : folder_(*harness::TemporaryFolder::Create()) {}

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  static std::string Program(const std::string& name) {
    return absl::StrCat(harness::ExecutableFolder(), "/", name);
  }
  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  Result Execute(std::vector<std::string> argv) const {
    harness::Command command;
    command.argv = std::move(argv);
    command.environment = {"NO_COLOR=1", "HEDDLE_STORE=", "TMPDIR=" + folder_.path(),
                           "HOME=" + folder_.path()};
    command.stdout_path = Path("out");
    command.stderr_path = Path("err");
    command.time_limit = std::chrono::minutes(2);
    const absl::StatusOr<harness::ProcessOutcome> outcome = harness::RunProcess(command);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    Result result;
    if (outcome.ok() && outcome->end == harness::ProcessOutcome::End::kExited) {
      result.code = outcome->code;
    }
    result.out = Read(Path("out"));
    result.err = Read(Path("err"));
    return result;
  }

  Result Heddle(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv = {Program("heddle")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Execute(argv);
  }

  harness::TemporaryFolder folder_;
};

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_RUN_CLI_TEST_H_
