#include "harness/run/explore_run.h"

#include <gmock/gmock.h>

#include "harness/run/test_cell.h"

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
