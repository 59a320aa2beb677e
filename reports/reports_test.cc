#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "reports/json.h"
#include "reports/terminal.h"
#include "reports/testing/json_schema.h"

namespace heddle::reports {
namespace {

using sim::Dispatcher;
using sim::Flavour;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Finding Race() {
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.detail = "data-race";
  finding.source = "ThreadSanitizer";
  finding.message = "Write in A; Previous read in B";
  finding.stacks = {
      {.title = "Write of size 8 by thread T1 'producer'",
       .thread = "T1 producer",
       .is_access = true,
       .frames = {{.function = "memmove", .module = "host"},
                  {.function = "chain::Store::OnBlock(int)",
                   .file = "/src/store.cc",
                   .line = 12,
                   .own = true}}},
      {.title = "Previous read of size 8 by thread T2", .is_access = true, .frames = {}},
      {.title = "Thread T1 'producer' created by main thread",
       .frames = {{.function = "main", .file = "/src/main.cc", .line = 1, .own = true}}}};
  finding.text = "WARNING: ThreadSanitizer: data race\n";
  finding.dedup_key = "0123456789abcdef";
  return finding;
}

Finding Divergence(int number) {
  Finding finding;
  finding.kind = FindingKind::kDivergence;
  finding.source = "serialisability";
  finding.detail = "outcome";
  finding.message = "event " + std::to_string(number) + ": outcome is pending";
  finding.dedup_key = "00000000000000" + std::to_string(10 + number);
  return finding;
}

ScenarioResult Clean() {
  ScenarioResult result;
  result.name = "burst-short";
  result.path = "scenarios/burst-short.yaml";
  result.description = "eight slots";
  result.again = "heddle run scenarios/burst-short.yaml";
  CellResult cell;
  cell.dispatcher = Dispatcher::kAsync;
  cell.flavour = Flavour::kTsan;
  cell.runs = 10;
  cell.duration = std::chrono::milliseconds(1530);
  cell.events = 12'345;
  cell.snapshots = 1;
  cell.full = 7;
  cell.reached = {Situation::kBackPressure, Situation::kInterleaved};
  cell.met = true;
  result.cells = {cell};
  result.duration = cell.duration;
  return result;
}

ScenarioResult Failed() {
  ScenarioResult result = Clean();
  result.name = "broken";
  CellResult& cell = result.cells[0];
  cell.met = false;
  cell.reason = "1 finding, expected clean";
  cell.kept_folder = "/tmp/heddle-x/async-tsan-3";
  Finding race = Race();
  race.runs = 2;
  race.first_run = 3;
  cell.findings = {race};
  return result;
}

ScenarioResult Expecting() {
  ScenarioResult result = Clean();
  result.name = "unsync";
  result.expects_findings = true;
  result.cells[0].findings = {Race(), Divergence(1), Divergence(2)};
  for (Finding& finding : result.cells[0].findings) finding.status = FindingStatus::kExpected;
  return result;
}

ScenarioResult Unable() {
  ScenarioResult result = Clean();
  result.name = "nowhere";
  result.cells.clear();
  result.environment = "flavour tsan is not built: build it with 'ninja'";
  return result;
}

ScenarioResult CutOff() {
  ScenarioResult result = Clean();
  result.cells[0].met = false;
  result.interrupted = true;
  return result;
}

// --- Terminal -----------------------------------------------------------------------------------

TEST(Terminal, CleanIsOneRowAndOneLine) {
  const std::string text = RenderTerminal({Clean()}, {});
  EXPECT_THAT(text, HasSubstr("  burst-short  async       tsan       10  1.5 s  ok  12,345 events, "
                              "1 snapshot, channel full 7 times\n"));
  EXPECT_THAT(text, HasSubstr("\n1 of 1 scenario as expected (1.5 s)\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Terminal, TextOfOthersIsShownNotObeyed) {
  const std::string nasty = "\x1b]0;x\x07\x1b[2J\r\xC2\x9B\xff\xE2\x80\xAE";
  const std::string line = nasty + "\n  fake  ok";
  ScenarioResult result = Failed();
  result.name = line;
  result.again = line;
  CellResult& cell = result.cells[0];
  cell.reason = nasty;
  cell.kept_folder = line;
  Finding& race = cell.findings[0];
  race.source = race.detail = race.dedup_key = race.schedule = line;
  for (sim::Stack& stack : race.stacks) {
    stack.title = line;
    for (sim::Frame& frame : stack.frames) frame.function = frame.file = frame.module = line;
  }
  cell.findings.push_back(Divergence(1));
  cell.findings.back().message = nasty;
  ScenarioResult unable = Unable();
  unable.environment = nasty;
  const std::string text = RenderTerminal({result, unable}, {});
  for (const char* bad : {"\x1b", "\x07", "\r", "\xC2\x9B", "\xff", "\xE2\x80\xAE", "\n  fake"}) {
    EXPECT_THAT(text, Not(HasSubstr(bad)));
  }
  EXPECT_THAT(text, HasSubstr("\\x1b]0;x\\x07\\x1b[2J\\x0d\\xc2\\x9b\\xff\\xe2\\x80\\xae"));
  // Colours are ours.
  EXPECT_THAT(RenderTerminal({result}, {.color = true}), Not(HasSubstr("\x1b[2J")));
}

TEST(Terminal, AFailureHasStacksFilesAndTheCommand) {
  const std::string text = RenderTerminal({Clean(), Failed()}, {});
  EXPECT_THAT(text, HasSubstr("FAIL  1 finding, expected clean\n"));
  EXPECT_THAT(text,
              HasSubstr("\nbroken, async tsan: 1 finding, expected clean\n"
                        "  ThreadSanitizer: data race in chain::Store::OnBlock /src/store.cc:12\n"
                        "    Write of size 8 by thread T1 'producer'\n"
                        "      chain::Store::OnBlock  /src/store.cc:12\n"
                        "    Previous read of size 8 by thread T2\n"
                        "      (no stack available)\n"
                        "    in 2 of 10 runs, first in run 3; dedup key 0123456789abcdef\n"
                        "  files: /tmp/heddle-x/async-tsan-3\n"
                        "  run again: heddle run scenarios/burst-short.yaml --dispatcher async "
                        "--flavour tsan\n"));
  EXPECT_THAT(text, Not(HasSubstr("memmove"))) << "not a frame that matters";
  EXPECT_THAT(text, Not(HasSubstr("created by"))) << "nor is where a thread came from";
  EXPECT_THAT(text, HasSubstr("\n1 of 2 scenarios as expected, 1 not as expected (3.1 s)\n"));
}

Finding Deadlock() {
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.detail = "deadlock";
  finding.source = kHeddle;
  finding.message = "threads wait for each other in a cycle:\n  thread 0 waits for thread 1";
  finding.dedup_key = "0123456789abcdef";
  finding.schedule = "found/deadlock-1.schedule.json";
  const auto at = [](int line) {
    return std::vector<sim::Frame>{
        {.function = "std::mutex::lock()", .file = "/usr/include/c++/12/mutex", .line = 9},
        {.function = "Transfer()", .file = "/src/bank/transfer.cc", .line = line, .own = true}};
  };
  finding.stacks = {{.title = "waits, mutex-lock 0x55b0 held by thread 1; holds mutex 0x55a0",
                     .thread = "T0",
                     .frames = at(14)},
                    {.title = "waits, mutex-lock 0x55a0 held by thread 0; holds mutex 0x55b0",
                     .thread = "T1 worker",
                     .frames = at(10)},
                    {.title = "took the mutex 0x55a0", .thread = "T0", .frames = at(13)},
                    {.title = "took the mutex 0x55b0", .thread = "T1", .frames = at(9)}};
  return finding;
}

ScenarioResult Program() {
  ScenarioResult result;
  result.is_program = true;
  result.name = "bank-det";
  result.path = "build/bank-det";
  result.again = "heddle explore --program build/bank-det --seed 2";
  CellResult cell;
  cell.flavour = Flavour::kDet;
  cell.runs = 300;
  cell.duration = std::chrono::seconds(1);
  cell.met = true;
  cell.explored = Explored{.schedules = 300, .distinct = 9, .interleavings = 2};
  result.cells = {cell};
  result.duration = cell.duration;
  return result;
}

ScenarioResult FailedProgram() {
  ScenarioResult result = Program();
  result.cells[0].met = false;
  result.cells[0].reason = "1 distinct finding";
  result.cells[0].findings = {Deadlock()};
  return result;
}

TEST(Terminal, AProgramIsShownAsAScenarioIs) {
  const std::string text = RenderTerminal({FailedProgram()}, {});
  EXPECT_EQ(text,
            "  program   flavour  schedules   time  verdict\n"
            "  bank-det  det            300  1.0 s  FAIL  1 distinct finding\n"
            "\n"
            "bank-det, det: 1 distinct finding\n"
            "  deadlock: T0 main holds the lock 0x55a0 (transfer.cc:13) and waits for the lock "
            "0x55b0 (transfer.cc:14); T1 worker holds the lock 0x55b0 (transfer.cc:9) and waits "
            "for the lock 0x55a0 (transfer.cc:10)\n"
            "    T0 main takes the mutex 0x55a0 and keeps it\n"
            "      Transfer  /src/bank/transfer.cc:13\n"
            "    T1 worker takes the mutex 0x55b0 and keeps it\n"
            "      Transfer  /src/bank/transfer.cc:9\n"
            "    T0 main wants the lock 0x55b0, which T1 worker holds\n"
            "      Transfer  /src/bank/transfer.cc:14\n"
            "    T1 worker wants the lock 0x55a0, which T0 main holds\n"
            "      Transfer  /src/bank/transfer.cc:10\n"
            "    found in schedule 1, in 1 of 300; dedup key 0123456789abcdef\n"
            "    replay: heddle replay found/deadlock-1.schedule.json\n"
            "  page: heddle report found --program build/bank-det\n"
            "  run again: heddle explore --program build/bank-det --seed 2\n"
            "\n"
            "finished: 1 finding in 300 schedules (9 distinct, 2 interleavings), 1.0 s, 300/s\n");
  EXPECT_THAT(RenderTerminal({FailedProgram()}, {.all_frames = true}),
              HasSubstr("std::mutex::lock  /usr/include/c++/12/mutex:9\n"));
  EXPECT_THAT(RenderTerminal({FailedProgram()}, {.replay_options = "--before x"}),
              HasSubstr("found/deadlock-1.schedule.json --before x\n"));
}

TEST(Terminal, ACleanCampaignSaysWhatItCannotHaveSeen) {
  ScenarioResult result = Program();
  result.cells[0].explored->unseen = {"plain accesses"};
  result.cells[0].explored->why_few = "one thread";
  const std::string text = RenderTerminal({result, result}, {.unseen = true});
  EXPECT_THAT(text,
              HasSubstr("\n9 distinct schedules of 300: one thread\nnot seen: plain accesses\n\n"
                        "covered: 2 interleavings, 0 reads-from pairs"));
  EXPECT_THAT(text, HasSubstr("\n\nfinished: 0 findings in 600 schedules"));
  EXPECT_THAT(RenderTerminal({result}, {.quiet = true, .unseen = true}), Not(HasSubstr("plain")));
}

TEST(Terminal, ACampaignThatEndedEarlyIsInconclusive) {
  ScenarioResult result = Program();
  result.cells[0].met = false;
  result.cells[0].explored->ended_early = 300;
  result.cells[0].reason = "300 schedules ended early";
  const std::string text = RenderTerminal({result}, {});
  EXPECT_THAT(text, HasSubstr("INCONCLUSIVE  300 schedules ended early\n"));
  EXPECT_THAT(text, Not(HasSubstr("FAIL")));
}

TEST(Terminal, LinesFitTheTerminal) {
  ScenarioResult result = FailedProgram();
  result.cells[0].reason = "1 distinct finding and a lot of words that need more than one line";
  result.cells[0].explored->unseen = {"a sentence that is longer than sixty columns, which breaks"};
  const std::string text = RenderTerminal({result}, {.width = 60, .unseen = true});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool command = line.find("heddle ") != std::string::npos;  // to copy: never broken
    const bool heading = line.starts_with("bank-det, det: ");
    if (!command && !heading) EXPECT_LE(line.size(), 60u) << line;
  }
  EXPECT_THAT(text, HasSubstr("\n    and waits for the lock")) << "the headline is broken";
}

TEST(Terminal, ExpectedFindingsAreCountedByKind) {
  const std::string text = RenderTerminal({Expecting()}, {});
  EXPECT_THAT(text, HasSubstr("ok  expected: 1 data race, 2 divergences\n"));
  EXPECT_THAT(text, Not(HasSubstr("signature")));
}

TEST(Terminal, OtherFindingsThatAreAllowedAreListedApart) {
  ScenarioResult result = Expecting();
  result.cells[0].findings[0].status = FindingStatus::kAllowed;
  EXPECT_THAT(RenderTerminal({result}, {}),
              HasSubstr("ok  expected: 2 divergences; others: 1 data race\n"));
}

TEST(Terminal, AnUnexpectedFindingIsShownAndTheExpectedOnesAreCounted) {
  ScenarioResult result = Expecting();
  result.cells[0].met = false;
  result.cells[0].reason = "1 unexpected finding (divergence)";
  result.cells[0].findings[2].status = FindingStatus::kUnexpected;
  const std::string text = RenderTerminal({result}, {});
  EXPECT_THAT(text, HasSubstr("FAIL  1 unexpected finding (divergence)\n"));
  EXPECT_THAT(text, HasSubstr("event 2: outcome is pending"));
  EXPECT_THAT(text, Not(HasSubstr("event 1: outcome is pending")));
  EXPECT_THAT(text, HasSubstr("  expected: 1 data race, 1 divergence\n"));
}

TEST(Terminal, WhatCannotRunAndWhatWasCutOff) {
  std::string text = RenderTerminal({Unable()}, {});
  EXPECT_THAT(text, HasSubstr("CANNOT RUN  flavour tsan is not built: build it with 'ninja'\n"));
  EXPECT_THAT(text, HasSubstr("0 of 1 scenario as expected, 1 cannot run"));
  text = RenderTerminal({CutOff()}, {});
  EXPECT_THAT(text, HasSubstr("interrupted"));
  EXPECT_THAT(text, Not(HasSubstr("FAIL")));
  EXPECT_THAT(text, HasSubstr("interrupted"));
}

TEST(Terminal, OnlyTheFirstFindingsAreShown) {
  ScenarioResult failed = Failed();
  failed.cells[0].findings.clear();
  for (int i = 1; i <= 9; ++i) failed.cells[0].findings.push_back(Divergence(i));
  std::string text = RenderTerminal({failed}, {});
  EXPECT_THAT(text, HasSubstr("event 3: "));
  EXPECT_THAT(text, Not(HasSubstr("event 4: ")));
  EXPECT_THAT(text, HasSubstr("... and 6 more (--all shows them)"));
  text = RenderTerminal({failed}, {.findings = 0});
  EXPECT_THAT(text, HasSubstr("event 9: "));
}

TEST(Terminal, QuietOmitsExpectedResults) {
  const std::string text = RenderTerminal({Clean(), Failed()}, {.quiet = true});
  EXPECT_THAT(text, Not(HasSubstr("burst-short  async")));
  EXPECT_THAT(text, HasSubstr("broken"));
  EXPECT_THAT(RenderTerminal({Clean()}, {.quiet = true}), StartsWith("\n1 of 1 scenario"));
}

TEST(Terminal, ColoursOnlyWhenAskedFor) {
  EXPECT_THAT(RenderTerminal({Clean()}, {.color = true}), HasSubstr("\x1b[32mok\x1b[0m"));
  EXPECT_THAT(RenderTerminal({Failed()}, {.color = true}), HasSubstr("\x1b[31;1mFAIL\x1b[0m"));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(WantsColor(ends[1])) << "a pipe is no terminal";
  close(ends[0]);
  close(ends[1]);
}

// --- JSON ---------------------------------------------------------------------------------------

std::string Check(const std::vector<ScenarioResult>& results) {
  const nlohmann::json schema = LoadJson("reports/run.schema.json");
  // Through text, as a reader gets it.
  return ValidateJson(nlohmann::json::parse(RenderJson(results).dump()), schema, schema);
}

TEST(Json, EveryResultIsValidUnderTheSchema) {
  EXPECT_EQ(Check({}), "");
  ScenarioResult explored = Clean();
  explored.cells[0].explored = Explored{.schedules = 5, .distinct = 4};
  EXPECT_EQ(Check({Clean(), Failed(), Expecting(), Unable(), CutOff(), explored}), "");
}

TEST(Json, TheSchemaKnowsEveryName) {
  ScenarioResult all = Clean();
  CellResult cell = all.cells[0];
  all.cells.clear();
  for (size_t i = 0; i < sim::kDispatcherNames.size(); ++i) {
    cell.dispatcher = static_cast<Dispatcher>(i);
    all.cells.push_back(cell);
  }
  for (size_t i = 0; i < sim::kFlavourNames.size(); ++i) {
    cell.flavour = static_cast<Flavour>(i);
    all.cells.push_back(cell);
  }
  for (size_t i = 0; i < kSituationNames.size(); ++i) {
    cell.reached = {static_cast<Situation>(i)};
    all.cells.push_back(cell);
  }
  for (size_t i = 0; i < kFindingKindNames.size(); ++i) {
    cell.findings = {Race()};
    cell.findings[0].kind = static_cast<FindingKind>(i);
    all.cells.push_back(cell);
  }
  EXPECT_EQ(Check({all}), "");
}

TEST(Json, SaysWhatTheTypesSay) {
  const nlohmann::ordered_json json = RenderJson({Clean(), Failed()});
  EXPECT_EQ(json["met"], false);
  EXPECT_EQ(json["scenarios"][0]["met"], true);
  const auto& cell = json["scenarios"][1]["cells"][0];
  EXPECT_EQ(cell["dispatcher"], "async");
  EXPECT_EQ(cell["events"], 12'345);
  EXPECT_EQ(cell["reached"][1], "interleaved");
  EXPECT_TRUE(cell["explored"].is_null());
  const auto& finding = cell["findings"][0];
  EXPECT_EQ(finding["kind"], "data-race");
  EXPECT_EQ(finding["first_run"], 3);
  EXPECT_EQ(finding["stacks"][0]["thread"], "T1 producer");
  EXPECT_EQ(finding["stacks"][0]["frames"][1]["file"], "/src/store.cc");
  EXPECT_EQ(finding["stacks"][0]["frames"][1]["own"], true);
}

}  // namespace
}  // namespace heddle::reports
