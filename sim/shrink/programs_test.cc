// Real programs: what shrinking makes of them still fails, and loses its finding with any one of
// its switches.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "sim/explore/explore.h"
#include "sim/explore/replay.h"
#include "sim/shrink/narrative.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/shrink.h"
#include "sim/shrink/switches.h"

namespace heddle::sim {
namespace {

const std::function<bool()> kAlways = [] { return true; };

struct Case {
  const char* program;
  const char* flavour;
  size_t most_switches;
};

class ShrinkProgramsTest : public testing::TestWithParam<Case> {
 protected:
  // A finding as it comes out of a random search: with many switches.
  static DistinctFinding Find(const ProgramOptions& program) {
    ExploreOptions options;
    options.program = program;
    options.schedules = 3000;
    const absl::StatusOr<ExploreResult> result = Explore(options);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_FALSE(!result.ok() || result->findings.empty());
    return result->findings.at(0);
  }
};

TEST_P(ShrinkProgramsTest, EverySwitchIsEssential) {
  ProgramOptions program;
  program.arguments = {std::string(HEDDLE_PROGRAMS "/heddle-corpus-") + GetParam().flavour,
                       GetParam().program, "broken"};
  const DistinctFinding finding = Find(program);
  auto prober = Prober::Start(program, TargetOf(finding.schedule), nullptr);
  ASSERT_TRUE(prober.ok()) << prober.status();
  const auto shrunk = ShrinkSchedule(**prober, {SwitchesOf(finding.schedule.steps)}, kAlways);
  ASSERT_TRUE(shrunk.ok()) << shrunk.status();
  EXPECT_TRUE(shrunk->minimal);
  EXPECT_LE(shrunk->switches.size(), GetParam().most_switches) << FormatSwitches(shrunk->switches);
  EXPECT_LE(ContextSwitches(shrunk->steps), ContextSwitches(finding.schedule.steps));

  const auto tested = TestSwitches(**prober, shrunk->switches, [] { return true; });
  ASSERT_TRUE(tested.ok()) << tested.status();
  for (const TestedSwitch& one : *tested) {
    EXPECT_TRUE(one.essential) << FormatSwitches({one.which});
    EXPECT_LT(one.point, shrunk->steps.size());
  }

  const auto schedule = (*prober)->Record(shrunk->steps);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->dedup_key, finding.dedup_key);
  const auto replay = Replay(program, *schedule, 20);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->exact, 20u) << replay->verdict.difference;

  const auto narrative = Narrate(**prober, *schedule, *tested, {.title = GetParam().program});
  ASSERT_TRUE(narrative.ok()) << narrative.status();
  EXPECT_NE(narrative->find(".cc:"), std::string::npos) << *narrative;
  EXPECT_NE(narrative->find("1. **main** runs"), std::string::npos) << *narrative;
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, ShrinkProgramsTest,
    testing::Values(Case{"lost-update", "det", 2}, Case{"stale-check", "det", 1},
                    Case{"lock-order-inversion", "det", 1}, Case{"dining-philosophers", "det", 4},
                    Case{"double-close", "det", 4}, Case{"refcount-double-release", "asan", 3},
                    Case{"shutdown-lost-wakeup", "det", 2}),
    [](const testing::TestParamInfo<Case>& info) {
      std::string name = info.param.program;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(NarrativeTest, ShortensFrames) {
  Frame frame{.function = "heddle::chain::Store::OnBlock(heddle::chain::SignedBlock const&)",
              .file = "/x/src/chain/store.cc",
              .line = 210,
              .own = true};
  EXPECT_EQ(TellFrame(frame), "Store::OnBlock (store.cc:210)");
  frame.function =
      "heddle::corpus::(anonymous namespace)::Run<true>()::'lambda'()::operator()() const";
  EXPECT_EQ(TellFrame(frame), "Run (store.cc:210)");
  frame.function = "main";
  EXPECT_EQ(TellFrame(frame), "main (store.cc:210)");
  frame.own = false;
  EXPECT_EQ(TellFrame(frame), "");
}

}  // namespace
}  // namespace heddle::sim
