#include "harness/run/explore_run.h"

#include <gmock/gmock.h>

#include "harness/run/test_cell.h"
#include "sim/supervisor/real_machine.h"

namespace heddle::harness {
namespace {

using ::testing::HasSubstr;

// With the real hosts, which are built for control.
class ExploreRunTest : public CellTest {
 protected:
  ExploreRunTest() {
    options_.host_folder = sim::ExecutableFolder();
    options_.schedules = folder_.path() + "/schedules";
    scenario_.mode = Mode::kBurst;
    scenario_.window = EventWindow{.by = WindowUnit::kIndex, .from = 20, .to = 30};
    scenario_.explore = Exploration{.schedules = 4};
    scenario_.explore->spec.strategy.name = "random";
  }

  absl::Status Run(Dispatcher dispatcher, Flavour flavour, CellResult* cell) {
    CellPlan plan = Plan(dispatcher, flavour);
    plan.window = WindowOf(scenario_);
    return RunExplored(plan, &baselines_, cell);
  }

  Baselines baselines_;
};

TEST_F(ExploreRunTest, ACleanCellRunsItsWholeBudget) {
  CellResult cell;
  const absl::Status status = Run(Dispatcher::kAsync, Flavour::kDet, &cell);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(cell.met) << cell.reason;
  EXPECT_EQ(cell.runs, 4);
  ASSERT_TRUE(cell.explored.has_value());
  EXPECT_EQ(cell.explored->schedules, 4u);
  EXPECT_GE(cell.explored->histories, 1u);
  EXPECT_EQ(cell.explored->curve.back().schedules, 4u);
  EXPECT_GT(cell.events, 0u);
}

TEST_F(ExploreRunTest, AControlHasItsOwnBudget) {
  scenario_.expect = {{.kind = FindingKind::kDataRace}};
  scenario_.controls = {.dispatchers = {Dispatcher::kAsync}, .schedules = 2};
  CellResult cell;
  ASSERT_TRUE(Run(Dispatcher::kAsync, Flavour::kDet, &cell).ok());
  EXPECT_TRUE(cell.met) << cell.reason;
  EXPECT_EQ(cell.runs, 2);
}

TEST_F(ExploreRunTest, AnExpectedFindingEndsTheCampaignAndHasASchedule) {
  scenario_.expect = {{.kind = FindingKind::kDataRace}};
  scenario_.explore->schedules = 100;
  CellResult cell;
  ASSERT_TRUE(Run(Dispatcher::kUnsync, Flavour::kTsan, &cell).ok());
  EXPECT_TRUE(cell.met) << cell.reason;
  EXPECT_LT(cell.runs, 100);
  ASSERT_FALSE(cell.findings.empty());
  EXPECT_THAT(cell.findings[0].schedule, HasSubstr(".schedule.json"));
}

// A host whose executions share a process reports what its forks do.
TEST_F(ExploreRunTest, OneProcessRunsWhatForksDo) {
  if (!sim::CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  options_.go_on = true;
  scenario_.explore->schedules = 40;
  const Dispatcher bug = *ParseDispatcher("bug-silent-drop");
  for (const Flavour flavour : {Flavour::kDet, Flavour::kTsan, Flavour::kAsan}) {
    for (const Dispatcher dispatcher : {Dispatcher::kMutex, Dispatcher::kAsync, bug}) {
      SCOPED_TRACE(absl::StrCat(Name(dispatcher), " ", Name(flavour)));
      CellResult one, forks;
      options_.by_fork = false;
      ASSERT_TRUE(Run(dispatcher, flavour, &one).ok());
      options_.by_fork = true;
      ASSERT_TRUE(Run(dispatcher, flavour, &forks).ok());
      EXPECT_EQ(one.explored->by_fork, "");
      EXPECT_EQ(one.explored->points, forks.explored->points);
      EXPECT_EQ(one.explored->distinct, forks.explored->distinct);
      EXPECT_EQ(one.explored->interleavings, forks.explored->interleavings);
      EXPECT_EQ(one.explored->histories, forks.explored->histories);
      EXPECT_EQ(one.events, forks.events);
      EXPECT_EQ(one.snapshots, forks.snapshots);
      ASSERT_EQ(one.findings.size(), forks.findings.size());
      for (size_t i = 0; i < one.findings.size(); ++i) {
        EXPECT_EQ(one.findings[i].dedup_key, forks.findings[i].dedup_key);
        EXPECT_EQ(one.findings[i].count, forks.findings[i].count);
      }
    }
  }
}

TEST_F(ExploreRunTest, RacesAreNotSearchedForWhereTheyAreReported) {
  scenario_.explore->spec.strategy.name = "race";
  CellResult cell;
  EXPECT_TRUE(absl::IsInvalidArgument(Run(Dispatcher::kAsync, Flavour::kTsan, &cell)));
}

TEST_F(ExploreRunTest, WithoutRacesThereIsNothingToDriveExecutionInto) {
  scenario_.explore->spec.strategy.name = "race";
  scenario_.expect = {{.kind = FindingKind::kCrash}};
  CellResult cell;
  ASSERT_TRUE(Run(Dispatcher::kAsync, Flavour::kDet, &cell).ok());
  EXPECT_FALSE(cell.met);
  EXPECT_EQ(cell.reason, "no data race found in 4 schedules of tsan");
  // A cell that is to be clean is explored all the same.
  scenario_.expect = {};
  CellResult clean;
  ASSERT_TRUE(Run(Dispatcher::kAsync, Flavour::kDet, &clean).ok());
  EXPECT_TRUE(clean.met) << clean.reason;
}

}  // namespace
}  // namespace heddle::harness
