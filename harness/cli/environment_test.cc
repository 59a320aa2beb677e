// Machines that do not give what Heddle needs: no command takes that for a finding, each says what
// is missing and what helps, and heddle doctor says so beforehand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using ::testing::HasSubstr;

class Environment : public RunCli {
 protected:
  // A folder to mount something on.
  std::string Mounted() const {
    std::filesystem::create_directory(Path("mounted"));
    return Path("mounted");
  }
  // The state that doctor, which `result` is of, gives to a check.
  static std::string StateOf(const Result& result, const std::string& check) {
    const auto all = nlohmann::json::parse(result.out, nullptr, false);
    for (const auto& each : all) {
      if (each.value("name", "") == check) return each.value("state", "");
    }
    return "absent";
  }
};

// A system call that is refused.
struct Refused {
  const char* call;
  const char* check;  // doctor's
  std::vector<std::string> program;
  const char* says;
};

class RefusedCall : public Environment, public ::testing::WithParamInterface<Refused> {};

TEST_P(RefusedCall, IsNamedWithItsRemedyAndIsNoFinding) {
  const Refused& refused = GetParam();
  const auto with = [&](std::vector<std::string> arguments) {
    std::vector<std::string> all = {Program("heddle-deny"), refused.call, Program("heddle")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return Execute(all);
  };
  const Result doctor = with({"doctor", "--json"});
  if (doctor.code == 125) GTEST_SKIP() << "this machine refuses to refuse: " << doctor.err;
  EXPECT_EQ(doctor.code, 3);
  EXPECT_EQ(StateOf(doctor, refused.check), "missing") << doctor.out;
  std::vector<std::string> explore = {
      "explore", "--program", Program(refused.program[0]), "-n", "3", "--out", Path("found"), "--"};
  explore.insert(explore.end(), refused.program.begin() + 1, refused.program.end());
  const Result result = with(explore);
  EXPECT_EQ(result.code, 3) << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr(refused.says));
  EXPECT_THAT(result.err, HasSubstr("--security-opt seccomp=unconfined"));
}

INSTANTIATE_TEST_SUITE_P(
    Calls, RefusedCall,
    ::testing::Values(
        Refused{"ptrace", "ptrace", {"kernel-clean-asan"}, "--cap-add=SYS_PTRACE"},
        Refused{"personality", "ASLR control", {"kernel-clean-det"}, "(personality)"},
        Refused{"memfd_create", "shared memory", {"kernel-clean-det"}, "(memfd_create)"},
        Refused{"pidfd_open", "pidfd", {"kernel-wrong-det", "endless-output"}, "pidfd_open"}),
    [](const auto& info) { return std::string(info.param.call); });

// Executions share the machine's files then, as doctor says.
TEST_F(Environment, NamespacesThatAreRefusedEndNothing) {
  for (const char* call : {"unshare", "mount"}) {
    const auto with = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), {Program("heddle-deny"), call, Program("heddle")});
      return Execute(arguments);
    };
    const Result doctor = with({"doctor", "--json"});
    if (doctor.code == 125) GTEST_SKIP() << "this machine refuses to refuse: " << doctor.err;
    EXPECT_EQ(StateOf(doctor, "isolation"), "warning") << doctor.out;
    EXPECT_THAT(doctor.out, HasSubstr("--before COMMAND"));
    const Result result = with(
        {"explore", "--program", Program("kernel-clean-det"), "-n", "3", "--out", Path("found")});
    EXPECT_EQ(result.code, 0) << result.out << result.err;
  }
}

TEST_F(Environment, FewDescriptorsAreNamed) {
  const auto with_few = [&](const std::string& arguments) {
    return Execute(
        {"/bin/sh", "-c", absl::StrCat("ulimit -n 200; exec ", Program("heddle"), " ", arguments)});
  };
  const Result doctor = with_few("doctor --json");
  EXPECT_EQ(doctor.code, 3);
  EXPECT_EQ(StateOf(doctor, "open files"), "missing") << doctor.out;
  const Result result = with_few(absl::StrCat("explore --program ", Program("kernel-clean-det"),
                                              " -n 3 --out ", Path("found")));
  EXPECT_EQ(result.code, 3) << result.out << result.err;
  EXPECT_THAT(result.err, HasSubstr("ulimit -n"));
}

// The page is made from the sources; what programs are linked with is another list.
TEST_F(Environment, TheCallsThatAreTakenOverAreNamed) {
  const Result page = Heddle({"doctor", "--calls"});
  EXPECT_EQ(page.code, 0) << page.err;
  std::ifstream exports(Program("heddle-link/exports.txt"));
  int count = 0;
  for (std::string word; exports >> word;) {
    absl::string_view name = word;
    // What instrumented shared libraries call, by patterns, is the compiler's.
    if (!absl::ConsumeSuffix(&name, ";") || name == "}" || absl::EndsWith(name, "*")) continue;
    EXPECT_THAT(page.out, HasSubstr(absl::StrCat("`", name, "`")));
    ++count;
  }
  EXPECT_GT(count, 300);
  EXPECT_THAT(page.out, HasSubstr("ENOSYS, as by a system without them: `uselib`"));
}

TEST_F(Environment, FoldersThatCannotBeMadeAreNamed) {
  const Result out = Heddle(
      {"explore", "--program", Program("kernel-clean-det"), "-n", "3", "--out", "/proc/heddle"});
  EXPECT_EQ(out.code, 3) << out.err;
  EXPECT_THAT(out.err, HasSubstr("/proc/heddle"));
  const std::vector<std::string> no_room = {"TMPDIR=/proc"};
  const Result doctor = Heddle({"doctor", "--json"}, no_room);
  EXPECT_EQ(StateOf(doctor, "temporary files"), "missing") << doctor.out;
  const Result check = Heddle({"run", "explored-short", "--flavour", "det"}, no_room);
  EXPECT_EQ(check.code, 3) << check.out << check.err;
  EXPECT_THAT(check.out + check.err, HasSubstr("TMPDIR"));
}

TEST_F(Environment, AFullDiskIsNoFinding) {
  const Result mounted =
      Execute({"/bin/mount", "-t", "tmpfs", "-o", "size=64k", "none", Mounted()});
  if (mounted.code != 0) GTEST_SKIP() << "no disk to fill: " << mounted.err;
  const std::vector<std::string> full = {"TMPDIR=" + Mounted()};
  const Result doctor = Heddle({"doctor", "--json"}, full);
  EXPECT_EQ(StateOf(doctor, "temporary files"), "missing") << doctor.out;
  const Result result = Heddle(
      {"explore", "explored-short", "--flavour", "det", "-n", "20", "--out", Path("found")}, full);
  EXPECT_EQ(Execute({"/bin/umount", Mounted()}).code, 0);
  EXPECT_EQ(result.code, 3) << result.out << result.err;
  EXPECT_THAT(result.out + result.err, HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace heddle::cli
