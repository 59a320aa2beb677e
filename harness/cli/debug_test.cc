// heddle replay as a debugging tool: --print, --break-at, --gdb. Sessions of gdb are scripted;
// where gdb is absent, or may not trace, those tests say so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class Debugging : public RunCli {
 protected:
  // Explores the program until something is found; the schedule file. Memory accesses are points
  // too where `preempt` says so.
  std::string Found(const std::vector<std::string>& program, const std::string& preempt = "sync") {
    std::vector<std::string> arguments = {"explore", "--program", Program(program[0]),
                                          "--json",  "--preempt", preempt,
                                          "--out",   Path("f"),   "--"};
    arguments.insert(arguments.end(), program.begin() + 1, program.end());
    const Result result = Heddle(arguments);
    EXPECT_EQ(result.code, 1) << result.out << result.err;
    const auto all = nlohmann::json::parse(result.out, nullptr, false);
    const auto findings =
        all.value(nlohmann::json::json_pointer("/scenarios/0/cells/0/findings"), nlohmann::json());
    if (findings.empty()) {
      ADD_FAILURE() << "nothing was found: " << result.out << result.err;
      return "";
    }
    return findings[0]["schedule"];
  }

  static size_t PointsOf(const std::string& schedule) {
    return nlohmann::json::parse(Read(schedule))["points"];
  }

  Result Gdb(const std::vector<std::string>& replay, const std::vector<std::string>& commands) {
    std::vector<std::string> arguments = {"replay"};
    arguments.insert(arguments.end(), replay.begin(), replay.end());
    arguments.insert(arguments.end(), {"--gdb", "--", "-batch"});
    for (const std::string& command : commands) {
      arguments.push_back("-ex");
      arguments.push_back(command);
    }
    return Heddle(arguments);
  }

  // Why there can be no session; "" when there can.
  std::string NoGdb() const {
    if (Execute({"/bin/sh", "-c", "command -v gdb"}).code != 0) return "gdb is not installed";
    const Result python = Execute({"/bin/sh", "-c", "gdb -nx -batch -ex 'python print(6 * 7)'"});
    if (python.out != "42\n") return "this gdb has no Python";
    const Result run = Execute({"/bin/sh", "-c", "gdb -nx -batch -ex run /bin/true"});
    if (run.out.find("exited normally") == std::string::npos) {
      return "gdb may not trace here: " + run.err;
    }
    return "";
  }
};

TEST_F(Debugging, PrintShowsEveryOperationAndEndsWithTheFinding) {
  const std::string schedule = Found({"kernel-deadlock-det"});
  const Result result = Heddle({"replay", schedule, "--print"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  ASSERT_GT(lines.size(), PointsOf(schedule));
  EXPECT_THAT(lines[0], ContainsRegex("^ +0  T0 "));
  EXPECT_THAT(lines[PointsOf(schedule) - 1],
              testing::StartsWith(
                  absl::StrCat(std::string(7 - std::to_string(PointsOf(schedule) - 1).size(), ' '),
                               PointsOf(schedule) - 1, "  T")));
  EXPECT_THAT(result.out, ContainsRegex("T1 +mutex-lock +object [0-9]+ +.*deadlock.cc:[0-9]+ "));
  EXPECT_THAT(lines[PointsOf(schedule)], testing::StartsWith("deadlock: "));
  EXPECT_THAT(result.out, HasSubstr("the replay in det is exact: "));
}

TEST_F(Debugging, BreakAtStopsTheProcessUntilItIsTold) {
  const std::string schedule = Found({"kernel-deadlock-det"});
  // Whoever reads what heddle prints lets the process go on.
  const std::string script = absl::StrCat(
      Program("heddle"), " replay ", schedule, " --print --break-at 3 | while read -r line; do\n",
      "  echo \"$line\"\n", "  case $line in *'kill -CONT '*) set -- $line\n",
      "    sed -n '/^State:/p' /proc/$3/status; kill -CONT $3 ;; esac\ndone");
  const Result result = Execute({"/bin/bash", "-c", script});
  EXPECT_THAT(result.out, HasSubstr("stopped at step 3, before its operation: process "));
  EXPECT_THAT(result.out, HasSubstr("State:\tT (stopped)"));
  EXPECT_THAT(result.out, HasSubstr("the replay in det is exact: "));
  // What comes after the stop had not happened before.
  const std::string before = result.out.substr(0, result.out.find("stopped at step 3"));
  EXPECT_THAT(before, ContainsRegex("\n3 +T"));
  EXPECT_THAT(before, Not(ContainsRegex("\n4 +T")));
  EXPECT_EQ(Heddle({"replay", schedule, "--break-at", "100000"}).code, 2);
}

TEST_F(Debugging, GdbStopsAtTheFindingAndShowsAllThreads) {
  if (const std::string why = NoGdb(); !why.empty()) GTEST_SKIP() << why;
  const std::string schedule = Found({"kernel-deadlock-det"});
  const Result result = Gdb({schedule}, {"heddle threads", "heddle thread 1", "up"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("threads wait for each other"));
  const std::string session = result.out.substr(result.out.rfind("heddle: found after step"));
  EXPECT_THAT(session,
              ContainsRegex("thread 0 (waits|runs), mutex-lock 0x[0-9a-f]+ .*; holds 0x[0-9a-f]+"));
  EXPECT_THAT(session,
              ContainsRegex("thread 1 (waits|runs), mutex-lock 0x[0-9a-f]+ .*; holds 0x[0-9a-f]+"));
  EXPECT_THAT(session, ContainsRegex("#0 .*deadlock.cc:[0-9]+"));
  EXPECT_THAT(result.err, Not(HasSubstr("Error")));
}

TEST_F(Debugging, GdbMovesInTheScheduleBothWays) {
  if (const std::string why = NoGdb(); !why.empty()) GTEST_SKIP() << why;
  const std::string schedule = Found({"kernel-deadlock-det"});
  const size_t last = PointsOf(schedule) - 1;
  const Result result = Gdb({schedule, "--break-at", "2"},
                            {"heddle step", "heddle back", "heddle goto 1", "heddle goto 3",
                             absl::StrCat("heddle goto ", last + 1), "continue", "heddle back",
                             "continue", "continue", "heddle back"});
  std::vector<std::string> stops;
  for (const absl::string_view line : absl::StrSplit(result.out + result.err, '\n')) {
    if (line.substr(0, 13) == "heddle: step " || line.substr(0, 19) == "heddle: found after") {
      stops.emplace_back(line.substr(8, line.find_first_of(":(", 8) - 8));
    }
  }
  const auto step = [&](size_t n) { return absl::StrCat("step ", n, " of ", last + 1); };
  const std::string found = absl::StrCat("found after step ", last);
  EXPECT_THAT(stops, testing::ElementsAre(step(2), step(3), step(2), step(1), step(3), found,
                                          step(last), found, step(last)))
      << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("the schedule ends with step ", last)));
  EXPECT_THAT(result.out, HasSubstr("exited with code"));  // back from there too
}

TEST_F(Debugging, GdbStopsWhereThreadSanitizerReports) {
  if (const std::string why = NoGdb(); !why.empty()) GTEST_SKIP() << why;
  const std::string schedule = Found({"heddle-corpus-tsan", "unguarded-map", "broken"});
  const Result result = Gdb({schedule}, {"heddle threads", "info threads"});
  EXPECT_THAT(result.out, HasSubstr("WARNING: ThreadSanitizer: data race"));
  const std::string session = result.out.substr(result.out.rfind("heddle: found after step"));
  EXPECT_THAT(session, HasSubstr("a sanitizer reports"));
  EXPECT_THAT(session, ContainsRegex("thread [0-9]+ runs, "));
  EXPECT_THAT(session, HasSubstr("unguarded_map.cc"));
}

TEST_F(Debugging, GdbStopsWhereAddressSanitizerReports) {
  if (const std::string why = NoGdb(); !why.empty()) GTEST_SKIP() << why;
  const std::string schedule = Found({"heddle-corpus-asan", "refcount-double-release", "broken"});
  const Result result = Gdb({schedule}, {"heddle threads", "heddle back", "heddle step"});
  EXPECT_THAT(result.out, HasSubstr("AddressSanitizer"));
  const std::string session = result.out.substr(result.out.find("heddle: found after step"));
  EXPECT_THAT(session, HasSubstr("a sanitizer reports"));
  EXPECT_THAT(session, HasSubstr("refcount_double_release.cc"));
  EXPECT_NE(session.find("heddle: step "), std::string::npos) << "back";
  EXPECT_NE(session.find("heddle: found after step", 10), std::string::npos) << "and there again";
}

TEST_F(Debugging, AProgramsArgumentIsNoCommandOfGdb) {
  const std::string schedule =
      Found({"kernel-deadlock-det", "x\nshell touch " + Path("obeyed") + "\n"});
  const Result result = Gdb({schedule}, {});
  EXPECT_EQ(result.code, 2) << result.out;
  EXPECT_THAT(result.err, HasSubstr("gdb cannot start a program with a line break"));
  EXPECT_FALSE(std::ifstream(Path("obeyed")).good());
}

TEST_F(Debugging, FlagsThatDoNotGoTogetherAreRefused) {
  const std::string schedule = Found({"kernel-deadlock-det"});
  EXPECT_EQ(Heddle({"replay", schedule, "--gdb", "--times", "3"}).code, 2);
  EXPECT_EQ(Heddle({"replay", schedule, "--", "-batch"}).code, 2);
}

}  // namespace
}  // namespace heddle::cli
