#include "sim/schedule/schedule.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

Schedule Example() {
  Schedule schedule;
  schedule.subject_path = "a/b.yaml";
  schedule.subject_kind = "scenario";
  schedule.subject_hash = "00ff";
  schedule.flavour = "det";
  schedule.compiler = "Clang 14";
  schedule.strategy = {"pct", "depth=3"};
  schedule.seed = 18446744073709551615u;
  schedule.execution = 77;
  schedule.same_random = true;
  for (uint32_t i = 0; i < 10'000; ++i) {
    schedule.steps.push_back(i % 11 == 0  ? MakeStep(OpKind::kClockAdvance, kClock)
                             : i % 3 == 0 ? MakeStep(OpKind::kMutexLock, i % 5)
                                          : MakeStep(OpKind::kAtomicLoad, 2));
  }
  schedule.faults = {{FaultKind::kInterrupt, 2, 3}, {FaultKind::kAllocation, 0, 41}};
  schedule.complete = false;
  schedule.finding = FailureKind::kDeadlock;
  schedule.message = "threads wait";
  schedule.thread = 3;
  schedule.dedup_key = "abc";
  schedule.extra = R"({"dispatcher":"async"})";
  return schedule;
}

TEST(ScheduleTest, ComesBackAsWritten) {
  const Schedule written = Example();
  const std::string text = FormatSchedule(written);
  EXPECT_LT(text.size(), 40'000u);
  const auto read = ParseSchedule(text, "x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->steps, written.steps);
  EXPECT_EQ(read->faults, written.faults);
  EXPECT_EQ(ReplayOptions(*read).follow_faults, written.faults);
  EXPECT_EQ(read->seed, written.seed);
  EXPECT_TRUE(ReplayOptions(*read).spec.same_random);
  EXPECT_EQ(read->execution, written.execution);
  EXPECT_EQ(read->strategy.ToString(), "pct:depth=3");
  EXPECT_EQ(read->finding, FailureKind::kDeadlock);
  EXPECT_EQ(read->thread, 3u);
  EXPECT_EQ(read->dedup_key, "abc");
  EXPECT_EQ(read->extra, R"({"dispatcher":"async"})");
  EXPECT_FALSE(read->complete);
  EXPECT_EQ(FormatSchedule(*read), text);
}

TEST(ScheduleTest, KeepsTheStoresThatWereRead) {
  Schedule written = Example();
  written.memory = MemoryModel::kC11;
  written.steps[4] = MakeStep(OpKind::kAtomicLoad, 2, 3);
  written.steps[70] = MakeStep(OpKind::kAtomicRmw, 1, 1);
  const std::string text = FormatSchedule(written);
  EXPECT_THAT(text, HasSubstr("\"memory\": \"c11\""));
  EXPECT_THAT(text, HasSubstr("\"reads\": \"4:3 70:1\""));
  const auto read = ParseSchedule(text, "x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->steps, written.steps);
  EXPECT_EQ(ReplayOptions(*read).spec.memory, MemoryModel::kC11);
  EXPECT_EQ(FormatSchedule(*read), text);
}

TEST(ScheduleTest, ReadsThatAreNoneAreNamed) {
  Schedule written = Example();
  written.memory = MemoryModel::kTso;
  written.steps[4] = MakeStep(OpKind::kAtomicLoad, 2, 3);
  const std::string text = FormatSchedule(written);
  for (const char* wrong : {"4", "4:0", "4:16", "4:x", "x:1", "10000:1", "4:3 4:1", "5:1 4:3"}) {
    std::string edited = text;
    edited.replace(edited.find("\"4:3\""), 5, "\"" + std::string(wrong) + "\"");
    const auto read = ParseSchedule(edited, "x");
    ASSERT_FALSE(read.ok()) << wrong;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("\"reads\"")) << wrong;
  }
  std::string edited = text;
  edited.replace(edited.find("\"tso\""), 5, "\"pso\"");
  const auto read = ParseSchedule(edited, "x");
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("expected \"c11\" or \"tso\""));
}

TEST(ScheduleTest, EveryTruncationIsAnErrorThatNamesTheFile) {
  Schedule schedule = Example();
  schedule.steps.resize(100);
  const std::string text = FormatSchedule(schedule);
  for (size_t size = 0; size + 2 < text.size(); size += 7) {
    const auto read = ParseSchedule(text.substr(0, size), "cut.schedule.json");
    ASSERT_FALSE(read.ok()) << size;
    EXPECT_THAT(read.status().message(), HasSubstr("cut.schedule.json"));
  }
}

TEST(ScheduleTest, AFileThatIsNoneIsNamedWithWhatWritesThem) {
  for (const std::string& path :
       {std::string(), std::string("/no/such.schedule.json"), ::testing::TempDir()}) {
    const auto read = ReadSchedule(path);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_THAT(read.status().message(), HasSubstr(path));
    EXPECT_THAT(read.status().message(),
                HasSubstr("expected a schedule file, as 'heddle explore'"));
  }
}

const std::string kVersion = absl::StrCat("\"version\": ", kRules);

TEST(ScheduleTest, AnotherVersionIsNamed) {
  std::string text = FormatSchedule(Example());
  text.replace(text.find(kVersion), kVersion.size(), "\"version\": 99");
  const auto read = ParseSchedule(text, "x");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.status().message(),
              HasSubstr(absl::StrCat("version: expected 1 to ", kRules,
                                     ", the versions that this program reads, got 99")));
}

TEST(ScheduleTest, AReplayKeepsTheRulesOfItsRecording) {
  const Schedule schedule = Example();
  EXPECT_EQ(ReplayOptions(*ParseSchedule(FormatSchedule(schedule), "x")).spec.rules, kRules);
  std::string text = FormatSchedule(schedule);
  text.replace(text.find(kVersion), kVersion.size(), "\"version\": 1");
  const auto old = ParseSchedule(text, "x");
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(ReplayOptions(*old).spec.rules, 1u);
  EXPECT_EQ(FormatSchedule(*old), text);
}

TEST(ScheduleTest, EditedChoicesAreCaught) {
  Schedule schedule = Example();
  std::string text = FormatSchedule(schedule);
  const size_t at = text.find("\"choices\": \"c 2*2");
  ASSERT_NE(at, std::string::npos);
  text.replace(at + 14, 1, "1");
  const auto read = ParseSchedule(text, "x");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.status().message(), HasSubstr("hashes"));
}

TEST(ScheduleTest, StrategyThatIsTooLongIsNamed) {
  std::string text = FormatSchedule(Example());
  text.replace(text.find("depth=3"), 7, std::string(kMaxStrategyParameters, 'x'));
  const auto read = ParseSchedule(text, "x");
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.status().message(), HasSubstr("name or parameters too long"));
}

TEST(ScheduleTest, FaultsThatAreNoneAreNamed) {
  const std::string text = FormatSchedule(Example());
  const auto with = [&text](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return std::string(ParseSchedule(changed, "x").status().message());
  };
  EXPECT_THAT(with("\"interrupt\"", "\"interruption\""),
              HasSubstr("faults[0].fault: \"interruption\" is not one of"));
  EXPECT_THAT(with("\"nth\": 41", "\"nth\": \"x\""),
              HasSubstr("nth: expected a whole number from 0, got \"x\""));
  EXPECT_THAT(with("\"faults\": [", "\"faults\": [7,"),
              HasSubstr("faults[0]: expected an object, got 7"));
  // A schedule without them is one without faults.
  Schedule without = Example();
  without.faults.clear();
  const auto read = ParseSchedule(FormatSchedule(without), "x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->faults.empty());
}

// `from` replaced by `to` in a schedule that is right: the message.
std::string ErrorWith(const std::string& from, const std::string& to) {
  std::string text = FormatSchedule(Example());
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at == std::string::npos) return "";
  return std::string(ParseSchedule(text.replace(at, from.size(), to), "x").status().message());
}

TEST(ScheduleTest, NothingIsCoerced) {
  const std::string seed = absl::StrCat("\"seed\": ", Example().seed);
  for (const char* const wrong : {"1.75", "-1", "1e30", "true", "\"1\"", "null"}) {
    EXPECT_THAT(ErrorWith(seed, absl::StrCat("\"seed\": ", wrong)),
                HasSubstr("x: strategy.seed: expected a whole number from 0"));
  }
  EXPECT_THAT(ErrorWith(kVersion, kVersion + ".9"), HasSubstr("version: expected"));
  EXPECT_THAT(ErrorWith("\"points\": ", "\"points\": 0."), HasSubstr("points: expected"));
  EXPECT_THAT(ErrorWith("\"thread\": ", "\"thread\": 9999999999"), HasSubstr("whole number up to"));
  EXPECT_THAT(ErrorWith("\"complete\": false", "\"complete\": 1"),
              HasSubstr("complete: expected true or false"));
}

TEST(ScheduleTest, AKeyThatStandsThereTwiceIsRefused) {
  EXPECT_THAT(ErrorWith("\"seed\": ", "\"seed\": 3, \"seed\": "),
              HasSubstr("the key \"seed\" stands there twice"));
}

TEST(ScheduleTest, DeepNestingAndNumbersOutOfRangeAreRefused) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(ErrorWith("\"extra\": {", absl::StrCat("\"extra\": {\"x\": ", deep, ",")),
              HasSubstr("nested more than"));
  EXPECT_THAT(ErrorWith("\"hashes\": [", absl::StrCat("\"hashes\": [", deep, ",")),
              HasSubstr("nested more than"));
  EXPECT_THAT(std::string(ParseSchedule("1e999", "x").status().message()),
              HasSubstr("out of range"));
}

TEST(ScheduleTest, RunLengthBombIsRefused) {
  std::string text = FormatSchedule(Example());
  const size_t at = text.find("\"choices\": \"");
  text.insert(at + 12, "0*18446744073709551615 ");
  EXPECT_FALSE(ParseSchedule(text, "x").ok());
}

TEST(ScheduleTest, ReplayIsRefusedWhereItCannotBeExact) {
  Schedule schedule = Example();
  EXPECT_TRUE(CanReplayIn(schedule, "asan", "Clang 14").ok());
  EXPECT_THAT(CanReplayIn(schedule, "det", "Clang 19").message(), HasSubstr("Clang 19"));
  schedule.preempt = Preempt::kMemory;
  EXPECT_TRUE(CanReplayIn(schedule, "tsan", "Clang 14").ok());
  EXPECT_THAT(CanReplayIn(schedule, "asan", "Clang 14").message(), HasSubstr("memory accesses"));
}

}  // namespace
}  // namespace heddle::sim
