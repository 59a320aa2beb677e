// The command line as a user meets it: the built `heddle`, its exit codes, what it says. Hosts are
// the real ones where there is something to show, and a fake one where something must go wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"
#include "reports/testing/json_schema.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

using nlohmann::json;
using sim::ExecutableFolder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kTraces[] = "scenarios/traces/";
const std::string kTrace = std::string(kTraces) + "devnet-4v-short.jsonl.zst";
const std::string kExpectation = std::string(kTraces) + "devnet-4v-short.expected.jsonl.zst";

class Cli : public RunCli {
 protected:
  Cli() : RunCli({"NO_COLOR="}, std::chrono::minutes(1)) {
    std::filesystem::create_symlink(std::filesystem::absolute(kTrace), Path("trace.jsonl.zst"));
    std::filesystem::create_symlink(std::filesystem::absolute(kExpectation),
                                    Path("trace.expected.jsonl.zst"));
  }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }
  Result Run(const std::vector<std::string>& arguments, const std::string& fault = "") const {
    return Heddle(arguments, {"FAKE_HOST=" + fault});
  }

  // A scenario on the short trace; its host is the fake one.
  Result RunFake(const std::string& fault, const std::string& extra,
                 std::vector<std::string> arguments = {}) const {
    const std::string file =
        Write("fake.yaml", absl::StrCat("description: a fake host\ntrace: trace.jsonl.zst\n"
                                        "mode: lockstep\n",
                                        extra));
    std::vector<std::string> all = {"run", file, "--hosts", ExecutableFolder() + "/fake"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return Run(all, fault);
  }
};

constexpr char kAsync[] = "dispatchers: [async]\n";
constexpr char kTsan[] = "dispatchers: [async]\nflavours: [tsan]\n";
constexpr char kAsan[] = "dispatchers: [async]\nflavours: [asan]\n";

// --- Usage --------------------------------------------------------------------------------------

TEST_F(Cli, HelpIsThere) {
  const Result help = Run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* word : {"run", "check", "list", "trace", "version", "Exit codes", "NO_COLOR"}) {
    EXPECT_THAT(help.out, HasSubstr(word));
  }
  for (const char* command : {"run", "check", "list", "trace", "version"}) {
    EXPECT_EQ(Run({command, "--help"}).code, 0) << command;
  }
}

TEST_F(Cli, UsageErrorsExitWith2) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"runn"},
      {"run"},
      {"run", kTrace, "--no-such-option"},
      {"run", "x.yaml", "--runs", "0"},
      {"run", "x.yaml", "--runs", "many"},
      {"check", kTrace},
      {"trace"},
      {"trace", "burn", kTrace},
      {"trace", "cat", kTrace, "--by", "moon"},
      {"trace", "cat", kTrace, "--from", "x"},
      {"trace", "cat", kTrace, "--from", "9", "--to", "3"}};
  for (const auto& arguments : wrong) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 2) << absl::StrJoin(arguments, " ");
    EXPECT_FALSE(result.err.empty()) << absl::StrJoin(arguments, " ");
  }
}

TEST_F(Cli, VersionNamesTheFlavours) {
  const Result result = Run({"version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, StartsWith("heddle 0."));
  EXPECT_THAT(result.out, HasSubstr("flavours: native"));
}

// --- check --------------------------------------------------------------------------------------

TEST_F(Cli, CheckPassesTheRealHosts) {
  const Result result = Run({"check", kTrace, "--expect", kExpectation});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  for (const char* word : {"reference", "mutex", "async"}) EXPECT_THAT(result.out, HasSubstr(word));
  EXPECT_THAT(result.out, HasSubstr("1 of 1 scenario as expected"));
}

TEST_F(Cli, CheckReportsTheFirstDifference) {
  // The late trace is another one: it parts from this expectation at once.
  const Result result = Run({"check", std::string(kTraces) + "devnet-4v-late.jsonl.zst", "--expect",
                             kExpectation, "--dispatcher", "reference"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("divergence (expectation: "));
  EXPECT_THAT(result.out, HasSubstr("the tick to interval 1 (slot 0): head_root is 0x"));
  EXPECT_THAT(result.out, HasSubstr("devnet-4v-short.expected.jsonl.zst:1)"));
  EXPECT_THAT(result.out, HasSubstr("run again: heddle check scenarios/traces/devnet-4v-late"));
}

TEST_F(Cli, CheckNamesTheWrongDispatcher) {
  const Result result =
      Run({"check", kTrace, "--expect", kExpectation, "--hosts", ExecutableFolder() + "/fake"},
          "async:outcome");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(", async native: 1 finding"));
  EXPECT_THAT(result.out, Not(HasSubstr(", mutex native: ")));
  EXPECT_THAT(result.out, HasSubstr("outcome is undecodable, expected accepted"));
}

TEST_F(Cli, CheckRefusesBadFiles) {
  Result result = Run({"check", "/no/such/trace.jsonl", "--expect", kExpectation});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("/no/such/trace.jsonl"));
  result = Run({"check", kTrace, "--expect", "/no/such/expected.jsonl"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("/no/such/expected.jsonl"));
  result = Run({"check", kExpectation, "--expect", kTrace});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr(":1: "));
  const std::string cut = Write("cut.jsonl.zst", Read(kTrace).substr(0, 9000));
  result = Run({"check", cut, "--expect", kExpectation});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr(cut));
  const std::string odd = Path("odd\xff.jsonl.zst");
  std::filesystem::create_symlink(std::filesystem::absolute(kTrace), odd);
  result = Run({"check", odd, "--expect", kExpectation});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("odd\\xff.jsonl.zst', is not UTF-8"));
  result = Run({"check", kTrace, "--expect", kExpectation, "--dispatcher", "asinc"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown dispatcher 'asinc'; did you mean 'async'?"));
}

// --- run: what hosts can do wrong ---------------------------------------------------------------

TEST_F(Cli, AFaultlessFakeIsClean) {
  const Result result = RunFake("",
                                "dispatchers: [reference, mutex, async]\nruns: 2\n"
                                "expectation: trace.expected.jsonl.zst\n");
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  // Nothing stays behind.
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith("heddle-")));
  }
}

struct Fault {
  const char* fault;
  const char* scenario;
  const char* finding;  // part of what is printed
  const char* kind;
};

TEST_F(Cli, EveryFaultIsFoundAndNamed) {
  const Fault faults[] = {
      {"lost", kAsync, "lost-event (conservation: ", "lost-event"},
      {"outcome", kAsync, "outcome is undecodable; one thread, in the same order", "divergence"},
      {"end", kAsync, "the end: head_root is ", "divergence"},
      {"async:end", "dispatchers: [mutex, async]\ncompare: [equivalence]\n",
       "the end: head_root is ", "divergence"},
      {"segv", kAsync, "died of SIGSEGV after event 1", "crash"},
      {"heap", kAsync, "the allocator aborted after event 1", "heap-corruption"},
      {"exit", kAsync, "exited with 9 after its end", "crash"},
      {"no-end", kAsync, "exited with 0 after event ", "crash"},
      {"garbage", kAsync, "exited with 0 ", "crash"},
      {"hang", "dispatchers: [async]\ntime_limit: 300ms\n", "did not end within 300ms", "hang"},
  };
  for (const Fault& fault : faults) {
    const Result result = RunFake(fault.fault, fault.scenario);
    EXPECT_EQ(result.code, 1) << fault.fault << result.err;
    EXPECT_THAT(result.out, HasSubstr(fault.finding)) << fault.fault;
    EXPECT_THAT(result.out, HasSubstr("FAIL")) << fault.fault;
    EXPECT_THAT(result.out, HasSubstr("0 of 1 scenario as expected, 1 not")) << fault.fault;
    EXPECT_THAT(result.out, HasSubstr("--dispatcher async --flavour native")) << fault.fault;
    // The same fault is what another scenario may expect.
    const Result expected = RunFake(
        fault.fault, absl::StrCat(fault.scenario, "expect: [{finding: ", fault.kind, "}]\n"),
        {"--dispatcher", "async"});
    if (absl::string_view(fault.fault) == "async:end") continue;  // needs both dispatchers
    EXPECT_EQ(expected.code, 0) << fault.fault << expected.out << expected.err;
    EXPECT_THAT(expected.out, HasSubstr(absl::StrCat(
                                  "expected: 1 ", absl::StrReplaceAll(fault.kind, {{"-", " "}}))));
  }
}

TEST_F(Cli, SanitizersFindTheirFaults) {
  if (!std::filesystem::exists(ExecutableFolder() + "/fake/heddle-host-tsan")) {
    GTEST_SKIP() << "no flavours in this build";
  }
  const Fault faults[] = {
      {"race", kTsan, "wrong::Touch", "ThreadSanitizer: data race in "},
      {"use-after-free", kAsan, "wrong::Use", "AddressSanitizer: heap-use-after-free in "},
      {"use-after-free", kAsan, "freed by thread", "AddressSanitizer: heap-use-after-free in "},
      {"leak", kAsan, "wrong::Leak", "LeakSanitizer: leak"},
      {"overflow", kAsan, "wrong::Overflow", "UndefinedBehaviorSanitizer: "},
      {"segv", kAsan, "AddressSanitizer: SEGV", "SEGV"},
      {"segv", kTsan, "ThreadSanitizer: SEGV", "SEGV"},
  };
  for (const Fault& fault : faults) {
    const Result result = RunFake(fault.fault, fault.scenario);
    EXPECT_EQ(result.code, 1) << fault.fault << result.err;
    EXPECT_THAT(result.out, HasSubstr(fault.finding)) << fault.fault;
    EXPECT_THAT(result.out, HasSubstr(fault.kind)) << fault.fault;
    EXPECT_THAT(result.out, HasSubstr("harness/testing/fake_host.cc:")) << fault.fault;
  }
  EXPECT_EQ(
      RunFake("race", absl::StrCat(kTsan, "expect: [{finding: data-race, where: Touch}]\n")).code,
      0);
  EXPECT_EQ(RunFake("race", absl::StrCat(kTsan, "compare: [conservation]\n")).code, 0)
      << "sanitizers were not asked";
  // Options are separated by colons and spaces; a folder's name may have both.
  EXPECT_EQ(RunFake("race", kTsan, {"--keep", Path("a name: of two words")}).code, 1);
}

TEST_F(Cli, AnExpectedFindingThatIsNotFoundIsAFailure) {
  Result result = RunFake("", absl::StrCat(kAsync, "expect: [{finding: crash, within: 3}]\n"));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("expected crash: not found in 3 attempts"));
  result = RunFake("segv", absl::StrCat(kAsync, "expect: [{finding: hang}]\n"));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("expected hang: not found in 1 attempt"));
  EXPECT_THAT(result.out, HasSubstr("died of SIGSEGV")) << "the other finding is shown";
  result = RunFake("segv", absl::StrCat(kAsync, "expect: [{finding: crash, where: elsewhere}]\n"));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("expected crash in 'elsewhere': not found"));
}

TEST_F(Cli, AsExpectedMeansThatNothingElseWasFound) {
  const std::string scenario = absl::StrCat(kAsync, "compare: [conservation, serialisability]\n",
                                            "expect: [{finding: lost-event}]\n");
  const Result others = RunFake("lost+outcome", scenario);
  EXPECT_EQ(others.code, 1) << others.out << others.err;
  EXPECT_THAT(others.out, HasSubstr("FAIL  1 unexpected finding (divergence)"));
  EXPECT_THAT(others.out, HasSubstr("expected: 1 lost event"));
  const Result allowed = RunFake("lost+outcome", scenario + "other_findings: allowed\n");
  EXPECT_EQ(allowed.code, 0) << allowed.out << allowed.err;
  EXPECT_THAT(allowed.out, HasSubstr("expected: 1 lost event; others: 1 divergence"));
}

TEST_F(Cli, AScenarioMustReachItsCoverageGoals) {
  const std::string scenario = absl::StrCat(kAsync, "reach: [back_pressure]\n");
  const Result without = RunFake("", scenario);
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.out, HasSubstr("coverage goal back_pressure not reached"));
  const Result with = RunFake("full", scenario);
  EXPECT_EQ(with.code, 0) << with.out;
  EXPECT_THAT(with.out, HasSubstr("channel full 7 times"));
}

TEST_F(Cli, AScenarioThatFailsStopsAfterAFewRunsAndKeepsTheFirst) {
  const Result result = RunFake("outcome", absl::StrCat(kAsync, "runs: 50\n"));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("in 3 of 3 runs, first in run 1"));
  const size_t at = result.out.find("files: ");
  ASSERT_NE(at, std::string::npos);
  const std::string kept = result.out.substr(at + 7, result.out.find('\n', at) - at - 7);
  for (const char* file : {"request.json", "result.jsonl", "stdout", "stderr"}) {
    EXPECT_TRUE(std::filesystem::exists(kept + "/" + file)) << kept << "/" << file;
  }
}

TEST_F(Cli, KeepKeepsEveryRun) {
  const std::string two = "dispatchers: [mutex, async]\nruns: 2\n";  // compared with one another
  const Result result = RunFake("", two, {"--keep", Path("kept")});
  EXPECT_EQ(result.code, 0) << result.err;
  for (const char* run : {"async-native-1", "async-native-2"}) {
    EXPECT_TRUE(std::filesystem::exists(Path(absl::StrCat("kept/fake/", run, "/result.jsonl"))));
  }
  // Once more into the same folder: results do not pile up.
  const Result again = RunFake("", two, {"--keep", Path("kept")});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
}

// --- run: what the environment cannot do --------------------------------------------------------

TEST_F(Cli, AMissingFlavourExitsWith3AndTheRemedy) {
  std::filesystem::create_directory(Path("empty"));
  const std::string file = Write("s.yaml", absl::StrCat("description: x\ntrace: trace.jsonl.zst\n",
                                                        kTsan, "mode: lockstep\n"));
  const Result result = Run({"run", file, "--hosts", Path("empty")});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.out, HasSubstr("CANNOT RUN  flavour tsan is not built ("));
  EXPECT_THAT(result.out, HasSubstr(" heddle-host-tsan'"));
}

TEST_F(Cli, ARequestThatTheHostRefusesIsBadInput) {
  const Result result = RunFake("refuse", kAsync);
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("rejected its request: heddle-host: request.json:3: unknown"));
}

TEST_F(Cli, AHostThatTheKernelCannotControlIsAnErrorOfTheEnvironment) {
  const Result result = RunFake(
      "", "dispatchers: [async]\nflavours: [tsan]\nexplore: {strategy: random, schedules: 5}\n");
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.out, HasSubstr("CANNOT RUN"));
  EXPECT_THAT(result.out, HasSubstr("heddle_instrument()"));
}

// --- run: arguments -----------------------------------------------------------------------------

// --- Faults -------------------------------------------------------------------------------------

TEST_F(Cli, FaultsOnTheCommandLine) {
  if (!std::filesystem::exists(ExecutableFolder() + "/heddle-host-det")) {
    GTEST_SKIP() << "no flavours in this build";
  }
  const std::string file =
      Write("s.yaml",
            "description: x\ntrace: trace.jsonl.zst\nwindow: {by: slot, from: 2, to: 4}\n"
            "mode: burst\ndispatchers: [mutex, async]\nsignature_cost: 1us\nflavours: [det]\n"
            "explore: {strategy: random, schedules: 5}\n");
  const std::string out = Path("found");
  const Result explored = Run({"explore", file, "--fault", "interrupt=20%", "--fault", "drop=10%",
                               "--keep-clean", "2", "--out", out});
  EXPECT_EQ(explored.code, 0) << explored.out << explored.err;
  EXPECT_THAT(explored.out, HasSubstr("fault"));
  // What was kept says what came, and is replayed with it in every flavour.
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(out)) {
    if (!absl::StrContains(entry.path().string(), ".schedule.json")) continue;
    const json schedule = json::parse(Read(entry.path()));
    EXPECT_EQ(schedule["extra"]["faults"], json({"drop=10%", "interrupt=20%"}));
    for (const char* flavour : {"det", "tsan", "asan"}) {
      const Result replay = Run({"replay", entry.path(), "--flavour", flavour, "--times", "3"});
      EXPECT_EQ(replay.code, 0) << replay.out << replay.err;
      EXPECT_THAT(replay.out, HasSubstr("3 of 3 replays"));
    }
    ++replayed;
  }
  EXPECT_GE(replayed, 2);

  const Result unknown = Run({"explore", file, "--fault", "interupt=1%"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'interrupt'?"));
  const Result program = Run(
      {"explore", "--program", ExecutableFolder() + "/kernel-faults-det", "--fault", "drop=1%"});
  EXPECT_EQ(program.code, 2);
  EXPECT_THAT(program.err, HasSubstr("a program has no network traffic"));
  // The hosts have no pipe: what never comes shows nothing.
  const Result never = Run({"explore", file, "--fault", "short_write=50%", "--out", out});
  EXPECT_EQ(never.code, 1);
  EXPECT_THAT(never.out, HasSubstr("no environment fault was injected"));
}

// The reader believes that a read brings all there is; the writer copes with whatever a write does.
TEST_F(Cli, ShrinkingLeavesTheFaultsThatMatter) {
  const std::string program = ExecutableFolder() + "/kernel-faults-det";
  if (!std::filesystem::exists(program)) GTEST_SKIP() << "no flavours in this build";
  const Result explored =
      Run({"explore", "--program", program, "--fault", "short_read=100%", "--fault",
           "short_write=100%", "--out", Path("found"), "--", "short_read", "careless"});
  ASSERT_EQ(explored.code, 1) << explored.out << explored.err;
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(Path("found"))) {
    if (absl::StrContains(entry.path().string(), ".schedule.json")) found = entry.path();
  }
  EXPECT_GT(json::parse(Read(found))["faults"].size(), 1u);
  const Result shrunk = Run({"shrink", found, "--out", Path("small")});
  ASSERT_EQ(shrunk.code, 0) << shrunk.out << shrunk.err;
  EXPECT_THAT(shrunk.out, HasSubstr("faults"));
  const std::string small = Path("small/finding.schedule.json");
  const json faults = json::parse(Read(small))["faults"];
  ASSERT_EQ(faults.size(), 1u) << faults.dump();
  EXPECT_EQ(faults[0]["fault"], "short_read");
  EXPECT_THAT(Read(Path("small/narrative.md")), HasSubstr("- fault: short_read, at occasion 1 of"));
  const Result replay = Run({"replay", small, "--times", "20"});
  EXPECT_EQ(replay.code, 0) << replay.out << replay.err;
}

// Each flavour does the same operations; only tsan sees the race.
TEST_F(Cli, AReplayThatEndsOtherwiseHasItsOwnExitCode) {
  if (!std::filesystem::exists(ExecutableFolder() + "/heddle-host-det")) {
    GTEST_SKIP() << "no flavours in this build";
  }
  Run({"explore", "explored-unsync-tsan", "--schedules", "1", "--out", Path("found")});
  const json result = json::parse(Read(Path("found/result.json")));
  const std::string found = result["scenarios"][0]["cells"][0]["findings"][0]["schedule"];
  EXPECT_EQ(Run({"replay", found}).code, 0);
  const Result other = Run({"replay", found, "--flavour", "det", "--times", "2"});
  EXPECT_EQ(other.code, 1) << other.out << other.err;
  EXPECT_THAT(other.out, HasSubstr("2 of 2 replays in det exact"));
  EXPECT_THAT(other.out, HasSubstr("2 of them ended otherwise than recorded"));
  EXPECT_THAT(other.out, HasSubstr("recorded sanitizer, got "));
  EXPECT_EQ(Run({"replay", found, "--flavour", "det", "--print", "--quiet"}).code, 1);
  const Result as_json = Run({"replay", found, "--flavour", "det", "--json"});
  EXPECT_EQ(as_json.code, 1);
  const json verdict = json::parse(as_json.out);
  EXPECT_EQ(verdict["end"], "other-end");
  EXPECT_EQ(verdict["exact"], 1);
  EXPECT_EQ(verdict["recorded"]["finding"], "sanitizer");
  EXPECT_NE(verdict["last"]["finding"], "sanitizer");
  EXPECT_EQ(json::parse(Run({"replay", found, "--json"}).out)["end"], "as-recorded");
}

// What a host is compared with is the scenario's first dispatcher, selected or not; shrinking and
// what it writes compare with the same.
TEST_F(Cli, ComparesWithTheFirstDispatcherWhatIsSelectedAlone) {
  if (!std::filesystem::exists(ExecutableFolder() + "/heddle-host-det")) {
    GTEST_SKIP() << "no flavours in this build";
  }
  const Result explored =
      Run({"explore", "dropped-block", "-d", "bug-dropped-block", "--out", Path("found")});
  ASSERT_EQ(explored.code, 0) << explored.out << explored.err;
  const json results = json::parse(Read(Path("found/result.json")));
  const json& finding = results["scenarios"][0]["cells"][0]["findings"][0];
  EXPECT_THAT(finding["message"].get<std::string>(), HasSubstr("with mutex"));
  const std::string found = finding["schedule"];
  const Result shrunk = Run({"shrink", found, "--time", "4s", "--out", Path("small")});
  ASSERT_EQ(shrunk.code, 0) << shrunk.out << shrunk.err;
  EXPECT_THAT(shrunk.out, HasSubstr("with mutex"));
  const std::string scenario = Read(Path("small/scenario.yaml"));
  EXPECT_THAT(scenario, HasSubstr("dispatchers: [bug-dropped-block]"));
  EXPECT_THAT(scenario, HasSubstr("dispatchers: [mutex]"));
  const Result again = Run({"run", Path("small/scenario.yaml")});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
}

TEST_F(Cli, AllBadScenariosAreReportedBeforeAnythingRuns) {
  const std::string first = Write("a.yaml", "description: x\ntrace: trace.jsonl.zst\n");
  const std::string second =
      Write("b.yaml", absl::StrCat("description: x\ntrace: trace.jsonl.zst\n", kAsync,
                                   "mode: lockstep\nrunz: 3\n"));
  const Result result = Run({"run", first, second});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("a.yaml:1:1: the key 'dispatchers' is missing"));
  EXPECT_THAT(result.err, HasSubstr("b.yaml:5:1: unknown key 'runz'; did you mean 'runs'?"));
}

TEST_F(Cli, WrongUsageGetsTheRightHint) {
  const auto fails = [this](const std::vector<std::string>& arguments, const std::string& hint) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 2) << absl::StrJoin(arguments, " ") << result.out;
    EXPECT_THAT(result.err, HasSubstr(hint)) << absl::StrJoin(arguments, " ");
  };
  const std::string program = ExecutableFolder() + "/heddle";
  fails({"explore", program},
        "is a program, not a scenario; to explore it: heddle explore --program ");
  fails({"explore", program, "--", "a", "b c"}, "--program " + program + " -- a 'b c'");
  fails({"explore", "--program", program + "e"}, "did you mean '" + program + "'?");
  fails({"explore", "--program", program, "--share", "--out", "found"},
        "--share: expected a value, and --out is an option");
  fails({"run", "lockstep-short", "--keep", "-q"}, "--keep: expected a value, and -q is an option");
  fails({"run", "lockstep-short", "--flavour", "tzan"},
        "unknown flavour 'tzan'; did you mean 'tsan'?");
  fails({"trace", "cat", kTrace, "--by", "slot", "--from", "500", "--to", "600"},
        "no events in slots 500 to 600");
  fails({"trace", "slice", kTrace, Path("cut.jsonl"), "--by", "slot", "--from", "500"},
        "no events in slots 500 to the end");
  EXPECT_FALSE(std::filesystem::exists(Path("cut.jsonl")));
  fails({"trace", "info", std::string(kTraces) + "devnet-4v-shrt.jsonl.zst"},
        "did you mean 'scenarios/traces/devnet-4v-short.jsonl.zst'?");
  fails({"run", "scenarios/burst-shrt.yaml"}, "did you mean 'scenarios/burst-short.yaml'?");
  fails({"report", Path("keptt")}, "No such file or directory");
  fails({"run", Write("empty.yaml", absl::StrCat("description: x\ntrace: trace.jsonl.zst\n", kAsync,
                                                 "mode: burst\n"
                                                 "window: {by: slot, from: 500, to: 600}\n"))},
        "window: no events in slots 500 to 600 of ");
}

TEST_F(Cli, AProgramsFlavourThatIsNotBuiltSaysHowToBuildIt) {
  std::filesystem::create_directories(Path("build/bin"));
  Write("build/CMakeCache.txt", "");
  Write("build/bin/queue-det", "");
  const Result result = Run({"explore", "--program", Path("build/bin/queue-tsan")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("flavour tsan is not built: cmake --build " + Path("build") +
                                    " --target queue-tsan"));
}

TEST_F(Cli, NamesFoldersAndFilters) {
  EXPECT_THAT(Run({"run", "lockstep-shortt"}).err, HasSubstr("did you mean 'lockstep-short'?"));
  EXPECT_EQ(Run({"run", "lockstep-shortt"}).code, 2);
  EXPECT_EQ(Run({"run", Path("")}).code, 2);  // a folder without scenarios
  const Result by_name = Run({"run", "lockstep-short", "-d", "reference"});
  EXPECT_EQ(by_name.code, 0) << by_name.err;
  EXPECT_THAT(by_name.out, Not(HasSubstr("async")));
  const Result nothing = Run({"run", "lockstep-short", "-d", "unsync"});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("none of these scenarios has the given dispatcher"));
  const Result unexplored = Run({"explore", "explored-short", "-d", "worker"});
  EXPECT_EQ(unexplored.code, 2) << unexplored.out;
  EXPECT_THAT(unexplored.err, HasSubstr("dispatcher or flavour: worker"));
}

TEST_F(Cli, ListNamesEveryScenario) {
  const Result result = Run({"list"});
  EXPECT_EQ(result.code, 0) << result.err;
  for (const char* name : {"lockstep-short", "burst-forks", "unsync-tsan"}) {
    EXPECT_THAT(result.out, HasSubstr(name));
  }
  const Result as_json = Run({"list", "--json"});
  EXPECT_EQ(as_json.code, 0);
  const json list = json::parse(as_json.out);
  EXPECT_GT(list.size(), 10u);
  EXPECT_TRUE(list[0].contains("description"));
  const Result bad = Run({"list", Write("bad.yaml", "mode: burst\n")});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:1:1: "));
}

// --- reports ------------------------------------------------------------------------------------

TEST_F(Cli, JsonIsValidUnderItsSchema) {
  const json schema = reports::LoadJson("reports/run.schema.json");
  for (const char* fault : {"", "outcome", "segv"}) {
    const Result result = RunFake(fault, kAsync, {"--json"});
    EXPECT_EQ(result.err, "");
    const json report = json::parse(result.out);
    EXPECT_EQ(reports::ValidateJson(report, schema, schema), "") << fault;
    EXPECT_EQ(report["met"], *fault == '\0');
    EXPECT_EQ(report["scenarios"][0]["cells"][0]["findings"].empty(), *fault == '\0');
  }
}

TEST_F(Cli, JsonOfARaceHasItsStacks) {
  if (!std::filesystem::exists(ExecutableFolder() + "/fake/heddle-host-tsan")) {
    GTEST_SKIP() << "no flavours in this build";
  }
  const json schema = reports::LoadJson("reports/run.schema.json");
  const json report = json::parse(RunFake("race", kTsan, {"--json"}).out);
  EXPECT_EQ(reports::ValidateJson(report, schema, schema), "");
  const json finding = report["scenarios"][0]["cells"][0]["findings"][0];
  EXPECT_EQ(finding["kind"], "data-race");
  EXPECT_TRUE(finding["stacks"][0]["access"]);
  EXPECT_THAT(finding["stacks"][0]["frames"][0]["function"].get<std::string>(), HasSubstr("Touch"));
  EXPECT_THAT(finding["text"].get<std::string>(), HasSubstr("WARNING: ThreadSanitizer"));
}

TEST_F(Cli, QuietPrintsOnlyUnexpectedResults) {
  const Result right = RunFake("", kAsync, {"--quiet"});
  EXPECT_EQ(right.code, 0);
  EXPECT_THAT(right.out, StartsWith("\n1 of 1 scenario as expected"));
  const Result wrong = RunFake("outcome", kAsync, {"--quiet"});
  EXPECT_THAT(wrong.out, HasSubstr("outcome is undecodable"));
}

TEST_F(Cli, NoColourWhenItIsNoTerminal) {
  EXPECT_THAT(RunFake("outcome", kAsync).out, Not(HasSubstr("\x1b[")));
}

// --- interrupts ---------------------------------------------------------------------------------

TEST_F(Cli, AnInterruptKillsTheHostAndExitsWith130) {
  const std::string file = Write("s.yaml", absl::StrCat("description: x\ntrace: trace.jsonl.zst\n",
                                                        kAsync, "mode: lockstep\n"));
  const pid_t pid = fork();
  if (pid == 0) {
    setenv("FAKE_HOST", "hang", 1);
    setenv("TMPDIR", folder_.path().c_str(), 1);
    if (freopen(Path("out").c_str(), "w", stdout) == nullptr) _exit(99);
    const std::string heddle = ExecutableFolder() + "/heddle";
    const std::string hosts = ExecutableFolder() + "/fake";
    execl(heddle.c_str(), heddle.c_str(), "run", file.c_str(), "--hosts", hosts.c_str(), nullptr);
    _exit(98);
  }
  // The host hangs once it has written its result.
  const auto result_is_there = [&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.path().filename() == "result.jsonl" && entry.file_size() > 0) return true;
    }
    return false;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!result_is_there() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  kill(pid, SIGINT);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(Read(Path("out")), HasSubstr("  interrupted"));
  EXPECT_THAT(Read(Path("out")), HasSubstr("as expected, interrupted"));
}

}  // namespace
}  // namespace heddle::cli
