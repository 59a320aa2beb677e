// heddle explore --program as a user meets it: what it prints, in which form, and what it leaves in
// its folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/cli/run_cli_test.h"
#include "harness/run/plain_libraries.h"
#include "nlohmann/json.hpp"
#include "reports/testing/json_schema.h"

namespace heddle::cli {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class ProgramCli : public RunCli {
 protected:
  Result Explore(const std::string& program, std::vector<std::string> options,
                 const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> all = {"explore", "--program", Program(program), "--out",
                                    Path("found")};
    all.insert(all.end(), options.begin(), options.end());
    if (!arguments.empty()) all.emplace_back("--");
    all.insert(all.end(), arguments.begin(), arguments.end());
    return Heddle(all);
  }
  json Results() const { return json::parse(Read(Path("found/result.json"))); }
};

TEST_F(ProgramCli, AFindingIsTwentyLines) {
  const Result result = Explore("kernel-deadlock-det", {});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\n  deadlock: T0 main holds first (deadlock.cc:13)"));
  EXPECT_THAT(result.out, HasSubstr("    T0 main wants second, which T1 holds\n"));
  EXPECT_THAT(result.out, HasSubstr("      main  "));
  EXPECT_THAT(result.out, HasSubstr("deadlock.cc:14\n"));
  EXPECT_THAT(result.out, HasSubstr("    replay: heddle replay " + Path("found/deadlock-")));
  EXPECT_THAT(result.out, HasSubstr("  page: heddle report " + Path("found") + " --program "));
  EXPECT_THAT(result.out, HasSubstr("\nfinished: 1 finding in "));
  for (const char* foreign : {"std::mutex", "gthr", "__libc", "start_thread", "_start", " left"}) {
    EXPECT_THAT(result.out, Not(HasSubstr(foreign)));
  }
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  EXPECT_LE(lines.size(), 22u) << result.out;
  EXPECT_THAT(Explore("kernel-deadlock-det", {"--all-frames"}).out, HasSubstr("std::mutex::lock"));
}

TEST_F(ProgramCli, ThreadsHaveTheirNames) {
  const Result result = Explore("kernel-wrong-det", {}, {"named-threads"});
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("T0 main waits for the end of T1 producer"));
  EXPECT_THAT(result.out, HasSubstr("    T2 wants mutex"))
      << "the name of its creator is not its own";
}

TEST_F(ProgramCli, SanitizersAreQuotedWithoutLibraries) {
  const Result result = Explore("heddle-corpus-tsan", {}, {"shared-ptr-race", "broken"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\n  ThreadSanitizer: data race in "));
  EXPECT_THAT(result.out, HasSubstr("shared_ptr_race.cc:"));
  EXPECT_THAT(result.out, Not(HasSubstr("/usr/include")));
  EXPECT_THAT(result.out, Not(HasSubstr("===")));
}

TEST_F(ProgramCli, WhatAProgramSaysLastIsShown) {
  const Result result = Explore("kernel-endings-det", {}, {"complain"});
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("ended with status 3: the database is gone\n"));
  // A test framework's words, which go to standard output.
  const Result test = Explore("kernel-endings-det", {}, {"failed-test"});
  EXPECT_THAT(test.out, HasSubstr("ended with status 1: queue_test.cc:12: Failure\n"));
}

TEST_F(ProgramCli, QuietIsQuiet) {
  const Result clean = Explore("kernel-clean-det", {"-n", "5", "--quiet"});
  EXPECT_EQ(clean.code, 0);
  EXPECT_EQ(clean.err, "");
  EXPECT_THAT(clean.out, StartsWith("\nfinished: 0 findings in 5 schedules"));
  const Result found = Explore("kernel-deadlock-det", {"--quiet"});
  EXPECT_EQ(found.err, "");
  EXPECT_THAT(found.out, HasSubstr("replay: heddle replay "));
}

TEST_F(ProgramCli, ACleanCampaignSaysWhatItCannotHaveSeen) {
  const Result result =
      Explore("kernel-after_release-det", {"-n", "30", "--strategy", "random"}, {"broken"});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_THAT(
      result.out,
      HasSubstr("not seen: no schedule point between the mutex-unlock at after_release.cc:"));
  EXPECT_THAT(result.out, HasSubstr(": try --preempt memory\n"));
  const json explored = Results()["scenarios"][0]["cells"][0]["explored"];
  EXPECT_EQ(explored["unseen"].size(), 2u);
  EXPECT_THAT(result.out,
              HasSubstr("not seen: data races, which det does not report: try the tsan build\n"));
  EXPECT_EQ(explored["strategy"], "random");
  // The advice is good.
  const Result advised = Explore("kernel-after_release-det", {"--preempt", "memory"}, {"broken"});
  EXPECT_EQ(advised.code, 1);
  EXPECT_THAT(advised.out, HasSubstr("Assertion"));
  EXPECT_THAT(advised.out, Not(HasSubstr("not seen")));
}

TEST_F(ProgramCli, ACleanCampaignSaysThatMemoryWasStrong) {
  const std::vector<std::string> program = {"sleeper-without-fence", "broken"};
  const Result strong = Explore("heddle-corpus-det", {"-n", "30", "-s", "random"}, program);
  EXPECT_EQ(strong.code, 0) << strong.out;
  EXPECT_THAT(strong.out, HasSubstr("not seen: memory is sequentially consistent"));
  EXPECT_THAT(strong.out, HasSubstr("try --memory c11\n"));
  // The advice is good, and the command to run it again has it.
  const Result weak = Explore("heddle-corpus-det", {"-n", "30", "--memory", "c11"}, program);
  EXPECT_EQ(weak.code, 1) << weak.out;
  EXPECT_THAT(weak.out, HasSubstr("lost wake-up"));
  EXPECT_THAT(weak.out, HasSubstr(" --memory c11 -- sleeper-without-fence broken\n"));
}

TEST_F(ProgramCli, ACleanCampaignInTsanHasSeenDataRaces) {
  const Result clean = Explore("heddle-corpus-tsan", {"-n", "3"}, {"bounded-buffer", "right"});
  EXPECT_EQ(clean.code, 0) << clean.out;
  EXPECT_THAT(clean.out, Not(HasSubstr("data races")));
}

// What only weak memory, or only a preemption at a memory access shows, is found without options.
TEST_F(ProgramCli, WithoutAStrategyAutoSearches) {
  const Result weak = Explore("heddle-corpus-det", {}, {"sleeper-without-fence", "broken"});
  EXPECT_EQ(weak.code, 1) << weak.out;
  EXPECT_THAT(weak.out, HasSubstr("\nauto took "));
  const std::string schedule = Results()["scenarios"][0]["cells"][0]["findings"][0]["schedule"];
  EXPECT_EQ(json::parse(Read(schedule))["memory"], "c11");
  EXPECT_NE(json::parse(Read(schedule))["strategy"]["name"], "auto");
  EXPECT_EQ(Heddle({"replay", schedule, "--times", "3", "--quiet"}).code, 0);

  const Result memory = Explore("kernel-after_release-det", {}, {"broken"});
  EXPECT_EQ(memory.code, 1) << memory.out;
  EXPECT_THAT(memory.out, HasSubstr("Assertion"));

  // It takes nothing that an option rules out, and says so.
  const Result strong = Explore("kernel-after_release-det",
                                {"-n", "100", "--preempt", "sync", "--memory", "sc"}, {"broken"});
  EXPECT_EQ(strong.code, 0) << strong.out;
  EXPECT_THAT(strong.out, HasSubstr("try --preempt memory"));
  size_t campaigns = 0;
  const json results = Results();
  for (const json& scenario : results["scenarios"]) {
    const json& explored = scenario["cells"][0]["explored"];
    if (explored["strategy"] != "auto:memory=0,c11=0") continue;
    ++campaigns;
    EXPECT_THAT(explored["took"].get<std::string>(), Not(HasSubstr("memory")));
  }
  EXPECT_EQ(campaigns, 1u);
}

// The races of the tsan build that lies beside the program become points, and are no secret. In
// that build itself, a campaign that goes on behind them has them as points too.
TEST_F(ProgramCli, RacesOfTheTsanBuildArePoints) {
  const std::vector<std::string> program = {"double-checked-locking", "broken"};
  const Result det = Explore("heddle-corpus-det", {"-n", "300", "--go-on"}, program);
  EXPECT_EQ(det.code, 0) << det.out << det.err;
  EXPECT_THAT(det.out, HasSubstr("points at the sites of data races in "));
  EXPECT_THAT(det.err, HasSubstr(absl::StrCat(" in ", Program("heddle-corpus-tsan"),
                                              ": heddle explore --program ")));
  const Result tsan = Explore("heddle-corpus-tsan", {"-n", "200", "--go-on"}, program);
  EXPECT_EQ(tsan.code, 1) << tsan.out << tsan.err;
  EXPECT_THAT(tsan.out, HasSubstr("points at the sites of data races in "));
  EXPECT_THAT(tsan.err, Not(HasSubstr("warning")));
}

// They keep `auto` from weak memory: what they order by themselves is not seen.
TEST_F(ProgramCli, PlainLibrariesCallNothingThatInstrumentedCodeCalls) {
  EXPECT_THAT(harness::PlainLibraries(Program("heddle-corpus-det")), IsEmpty());
  EXPECT_THAT(harness::PlainLibraries(Program("heddle-host-det")), Contains("libzstd.so.1"));
  EXPECT_THAT(harness::PlainLibraries(Program("no-such-program")), IsEmpty());
}

TEST_F(ProgramCli, ExplainTellsOfOldValues) {
  Explore("heddle-corpus-det", {"--memory", "c11"}, {"sleeper-without-fence", "broken"});
  const std::string schedule = Results()["scenarios"][0]["cells"][0]["findings"][0]["schedule"];
  const std::string program = Program("heddle-corpus-det");
  ASSERT_EQ(Heddle({"shrink", schedule, "--program", program, "-o", Path("small")}).code, 0);
  const Result told = Heddle({"explain", Path("small"), "--program", program});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, ContainsRegex("reads an old value of (item|asleep) #"));
  EXPECT_THAT(told.out, HasSubstr("**essential**. Result without it: clean."));
  // Both sides have no fence: one alone is not enough, nor is a stronger order of one operation.
  EXPECT_THAT(told.out, HasSubstr("## What would forbid it"));
  EXPECT_THAT(told.out, ContainsRegex("With a seq_cst fence in front of the load at "
                                      "sleeper_without_fence.cc:[0-9]+ and one in front of the "
                                      "load at sleeper_without_fence.cc:[0-9]+ the finding is "
                                      "gone: 0 of "));
  EXPECT_THAT(told.out, Not(HasSubstr("With a seq_cst store at sleeper_without_fence.cc")));
}

// The compiler makes several calls of the compare-exchange in the loop: the cure is for all of
// them.
TEST_F(ProgramCli, ExplainTellsOfWeakCompareExchanges) {
  Explore("heddle-corpus-det", {"--memory", "c11"}, {"job-claimed-weakly", "broken"});
  const std::string schedule = Results()["scenarios"][0]["cells"][0]["findings"][0]["schedule"];
  const std::string program = Program("heddle-corpus-det");
  ASSERT_EQ(Heddle({"shrink", schedule, "--program", program, "-o", Path("small")}).code, 0);
  const Result told = Heddle({"explain", Path("small"), "--program", program});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("fails by itself to change job #"));
  EXPECT_THAT(told.out,
              ContainsRegex("With the strong form of the compare-exchange at "
                            "job_claimed_weakly.cc:[0-9]+ .the weak form may fail by itself. the "
                            "finding is gone: 0 of "));
}

TEST_F(ProgramCli, FewSchedulesHaveAReason) {
  const Result result =
      Explore("kernel-endings-det", {"-n", "20", "--strategy", "random"}, {"return"});
  EXPECT_THAT(result.out,
              HasSubstr("1 distinct schedule of 20: no thread reached a schedule point: "
                        "there is nothing to interleave\n"));
  EXPECT_THAT(Results()["scenarios"][0]["cells"][0]["explored"]["why_few"].get<std::string>(),
              HasSubstr("no thread reached"));
}

TEST_F(ProgramCli, ExecutionsThatEndEarlyAreTheReason) {
  const Result result = Explore("kernel-endings-det", {"-n", "5"}, {"_exit-beside-thread"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("INCONCLUSIVE  5 schedules ended early: result inconclusive"));
  const json cell = Results()["scenarios"][0]["cells"][0];
  EXPECT_EQ(cell["explored"]["ended_early"], 5);
  EXPECT_EQ(cell["met"], false);
  EXPECT_THAT(cell["reason"].get<std::string>(), HasSubstr("5 schedules ended early"));
  EXPECT_EQ(Heddle({"merge", Path("found"), "--out", Path("merged")}).code, 4);
}

TEST_F(ProgramCli, JsonIsThatOfScenarios) {
  const json schema = reports::LoadJson("reports/run.schema.json");
  for (const std::vector<std::string>& run : {std::vector<std::string>{"kernel-deadlock-det"},
                                              {"kernel-endings-det", "_exit-beside-thread"}}) {
    const Result result = Explore(run[0], {"-n", "5", "--json"}, {run.begin() + 1, run.end()});
    EXPECT_EQ(result.err, "");
    const json results = json::parse(result.out);
    EXPECT_EQ(reports::ValidateJson(results, schema, schema), "");
    EXPECT_EQ(results["scenarios"][0]["cells"][0]["dispatcher"], "program");
    EXPECT_EQ(reports::ValidateJson(Results(), schema, schema), "");
  }
  const json deadlock = Results()["scenarios"][0]["cells"][0]["findings"][0];
  EXPECT_THAT(deadlock["stacks"][0]["title"].get<std::string>(), StartsWith("waits, mutex-lock "));
}

TEST_F(ProgramCli, AReplaysVerdictIsValidUnderItsSchema) {
  EXPECT_EQ(Explore("kernel-deadlock-det", {}).code, 1);
  const std::string schedule = Results()["scenarios"][0]["cells"][0]["findings"][0]["schedule"];
  const json schema = reports::LoadJson("reports/replay.schema.json");
  const Result replay =
      Heddle({"replay", schedule, "--program", Program("kernel-deadlock-det"), "--json"});
  EXPECT_EQ(replay.code, 0) << replay.err;
  EXPECT_EQ(reports::ValidateJson(json::parse(replay.out), schema, schema), "");
}

TEST_F(ProgramCli, ProblemsNameTheLines) {
  EXPECT_EQ(Explore("kernel-deadlock-det", {}).code, 1);
  const Result result = Heddle({"report", Path("found"), "--problems", "-"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, testing::ContainsRegex("deadlock.cc:1[04]:[0-9]+: error: deadlock: "));
  EXPECT_THAT(result.out, testing::ContainsRegex("deadlock.cc:[0-9]+:[0-9]+: note: T[01]"));
  EXPECT_THAT(result.out, HasSubstr("[heddle replay "));
}

TEST_F(ProgramCli, CampaignsShareAFolder) {
  EXPECT_EQ(Explore("kernel-deadlock-det", {}).code, 1);
  const Result clean = Explore("kernel-clean-det", {"-n", "5"});
  EXPECT_THAT(clean.err, HasSubstr("also has the results of 1 other campaign;"));
  EXPECT_EQ(Explore("kernel-wrong-det", {}, {"lost-wakeup"}).code, 1);
  EXPECT_EQ(Explore("kernel-deadlock-det", {}).code, 1) << "again";
  EXPECT_EQ(Explore("kernel-deadlock-det", {"--seed", "2"}).code, 1);
  const json scenarios = Results()["scenarios"];
  ASSERT_EQ(scenarios.size(), 4u);
  size_t findings = 0;
  for (const json& scenario : scenarios) {
    for (const json& finding : scenario["cells"][0]["findings"]) {
      ++findings;
      EXPECT_EQ(
          Heddle({"replay", finding["schedule"], "--quiet", "--program", scenario["path"]}).code,
          0);
    }
  }
  EXPECT_EQ(findings, 3u);
  const Result page = Heddle({"report", Path("found"), "--no-replay", "--markdown", "-"});
  EXPECT_THAT(page.out, HasSubstr("kernel-wrong-det"));
  EXPECT_THAT(page.out, HasSubstr("kernel-clean-det"));
}

TEST_F(ProgramCli, TheEnvironmentIsWhatIsSaid) {
  const std::vector<std::string> arguments = {"status-of-environment"};
  EXPECT_EQ(Explore("kernel-endings-det", {"-n", "2"}, arguments).code, 0);
  const Result found = Explore("kernel-endings-det", {"-n", "2", "--env", "STATUS=7"}, arguments);
  EXPECT_EQ(found.code, 1) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("--env STATUS=7"));
  const json finding = Results()["scenarios"][1]["cells"][0]["findings"][0];
  const std::string schedule = finding["schedule"];
  const std::string program = Program("kernel-endings-det");
  EXPECT_EQ(Heddle({"replay", schedule, "--program", program, "--env", "STATUS=7"}).code, 0);
  EXPECT_NE(Heddle({"replay", schedule, "--program", program}).code, 0);
  for (const char* wrong : {"STATUS", "=7", "TMPDIR=/tmp", "LD_BIND_NOW="}) {
    const Result refused = Explore("kernel-endings-det", {"--env", wrong}, arguments);
    EXPECT_EQ(refused.code, 2) << wrong;
    EXPECT_THAT(refused.err, HasSubstr("--env: ")) << wrong;
  }
}

TEST_F(ProgramCli, ProgramsStartInTheFolderThatIsSaid) {
  std::filesystem::create_directory(Path("work"));
  // The path of the program is of the caller's folder.
  const std::string program =
      std::filesystem::relative(Program("kernel-endings-det"), std::filesystem::current_path());
  const auto explore = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"explore", "--program", program, "-n", "2", "--out",
                                     Path("found"), "--working-folder", Path("work")});
    options.insert(options.end(), {"--", "status-of-file"});
    return Heddle(options);
  };
  EXPECT_EQ(explore({}).code, 0);
  const Result found = explore({"--before", "echo 7 > status"});
  EXPECT_EQ(found.code, 1) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("--working-folder " + Path("work")));
  const json finding = Results()["scenarios"][1]["cells"][0]["findings"][0];
  const std::string schedule = finding["schedule"];
  EXPECT_EQ(
      Heddle({"replay", schedule, "--program", program, "--working-folder", Path("work")}).code, 0);
  EXPECT_NE(Heddle({"replay", schedule, "--program", program}).code, 0);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"explore", "--program", program}, {"replay", schedule}}) {
    std::vector<std::string> wrong = command;
    wrong.insert(wrong.end(), {"--working-folder", Path("nowhere")});
    const Result refused = Heddle(wrong);
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err,
                HasSubstr("--working-folder: '" + Path("nowhere") + "' is not a folder"));
  }
}

TEST_F(ProgramCli, FindingsCanBeIgnored) {
  EXPECT_EQ(Explore("kernel-deadlock-det", {}).code, 1);
  const std::string key = Results()["scenarios"][0]["cells"][0]["findings"][0]["signature"];
  std::filesystem::remove_all(Path("found"));
  const Result ignored = Explore("kernel-deadlock-det", {"-n", "20", "--ignore", key});
  EXPECT_EQ(ignored.code, 0) << ignored.out << ignored.err;
  EXPECT_THAT(ignored.err, HasSubstr("ended with a finding that is ignored (" + key + ")"));
  EXPECT_EQ(Results()["scenarios"][0]["cells"][0]["runs"], 20) << "it goes on";
  for (const auto& entry : std::filesystem::directory_iterator(Path("found"))) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".schedule.json")));
  }
  // Of a file; another finding counts all the same.
  std::ofstream(Path("keys")) << "# known\n" << key << "  # two locks\n";
  EXPECT_EQ(Explore("kernel-deadlock-det", {"-n", "20", "--ignore-file", Path("keys")}).code, 0);
  EXPECT_EQ(Explore("kernel-endings-det", {"--ignore-file", Path("keys")}, {"status"}).code, 1);
  // What only ends with ignored findings shows nothing else.
  const Result status = Explore("kernel-endings-det", {}, {"status"});
  const json scenarios = Results()["scenarios"];
  const std::string other = scenarios.back()["cells"][0]["findings"][0]["signature"];
  EXPECT_EQ(Explore("kernel-endings-det", {"-n", "5", "--ignore", other}, {"status"}).code, 4);
  std::ofstream(Path("keys")) << "nonsense\n";
  const Result wrong = Explore("kernel-deadlock-det", {"--ignore-file", Path("keys")});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("keys:1: expected a dedup key"));
}

TEST_F(ProgramCli, AReaderThatGoesIsNoError) {
  const Result result =
      Execute({"/bin/sh", "-c",
               absl::StrCat(Program("heddle"), " help --man | head -n 1; ", Program("heddle"),
                            " explore --quiet --program ", Program("kernel-deadlock-det"),
                            " --out ", Path("found"), " | true")});
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace heddle::cli
