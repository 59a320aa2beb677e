#include "harness/run/free_run.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "harness/run/cell_verdict.h"
#include "harness/run/test_cell.h"

namespace heddle::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class FreeRunTest : public CellTest {
 protected:
  CellResult Run(const char* fault = "", Flavour flavour = Flavour::kNative) {
    const FakeFault wrong(fault);
    CellResult cell{.dispatcher = Dispatcher::kAsync, .flavour = flavour};
    const absl::Status status = RunFree(Plan(Dispatcher::kAsync, flavour), &baselines_, &cell);
    EXPECT_TRUE(status.ok()) << status;
    return cell;
  }

  Baselines baselines_;
};

TEST_F(FreeRunTest, ACleanCellRunsAsOftenAsItsScenarioSays) {
  scenario_.runs = 2;
  const CellResult cell = Run();
  EXPECT_TRUE(cell.met) << cell.reason;
  EXPECT_EQ(cell.runs, 2);
  EXPECT_GT(cell.events, 0u);
  EXPECT_EQ(cell.kept_folder, "");
  options_.runs = 1;
  EXPECT_EQ(Run().runs, 1);
}

TEST_F(FreeRunTest, ACellThatIsNotCleanEndsEarlyAndKeepsItsFirstFailure) {
  scenario_.runs = 10;
  const CellResult cell = Run("lost");
  EXPECT_FALSE(cell.met);
  EXPECT_EQ(cell.reason, "1 finding, expected clean");
  EXPECT_EQ(cell.runs, 3);
  EXPECT_EQ(cell.findings[0].count, 3u);
  EXPECT_TRUE(std::filesystem::exists(cell.kept_folder + "/result.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/async-native-2"));
}

TEST_F(FreeRunTest, ACoverageGoalIsTriedForSomeRunsMore) {
  scenario_.reach = {Situation::kBackPressure};
  EXPECT_EQ(Run("full").runs, 1);
  EXPECT_EQ(Run().runs, 51);
}

TEST_F(FreeRunTest, ExpectedFindingsAreTriedForWithinTheirAttempts) {
  scenario_.expect = {{.kind = FindingKind::kLostEvent, .within = 3}};
  const CellResult found = Run("lost");
  EXPECT_TRUE(found.met) << found.reason;
  EXPECT_EQ(found.runs, 1);
  EXPECT_EQ(found.kept_folder, "");
  const CellResult missed = Run();
  EXPECT_FALSE(missed.met);
  EXPECT_EQ(missed.runs, 3);
  EXPECT_EQ(missed.reason, "expected lost-event: not found in 3 attempts");
  EXPECT_NE(missed.kept_folder, "");
}

TEST_F(FreeRunTest, EveryExpectedFindingThatIsMissingIsNamed) {
  scenario_.expect = {{.kind = FindingKind::kLostEvent}, {.kind = FindingKind::kHang}};
  EXPECT_THAT(Run().reason, testing::AllOf(HasSubstr("lost-event"), HasSubstr("hang")));
}

TEST_F(FreeRunTest, AFindingBesideTheExpectedOneFailsTheCellAndIsKept) {
  scenario_.compare = {Oracle::kConservation, Oracle::kSerialisability};
  scenario_.expect = {{.kind = FindingKind::kLostEvent}};
  const CellResult failed = Run("lost+outcome");
  EXPECT_FALSE(failed.met);
  EXPECT_EQ(failed.reason, "1 unexpected finding (divergence)");
  ASSERT_THAT(failed.findings, SizeIs(2));
  for (const Finding& finding : failed.findings) {
    EXPECT_EQ(finding.status, finding.kind == FindingKind::kLostEvent
                                  ? reports::FindingStatus::kExpected
                                  : reports::FindingStatus::kUnexpected);
  }
  EXPECT_TRUE(std::filesystem::exists(failed.kept_folder + "/result.jsonl"));
  scenario_.other_findings = OtherFindings::kAllowed;
  const CellResult allowed = Run("lost+outcome");
  EXPECT_TRUE(allowed.met) << allowed.reason;
  EXPECT_FALSE(AnyUnexpected(allowed.findings));
  EXPECT_EQ(allowed.kept_folder, "");
}

TEST_F(FreeRunTest, TheFirstUnexpectedFindingIsKeptRatherThanAnAttemptWithout) {
  scenario_.expect = {{.kind = FindingKind::kHang}};
  CellResult cell{.dispatcher = Dispatcher::kAsync};
  {
    const FakeFault none("");
    ASSERT_TRUE(RunFree(Plan(Dispatcher::kAsync), &baselines_, &cell).ok());
  }
  EXPECT_THAT(cell.kept_folder, HasSubstr("async-native-1"));
  const FakeFault lost("lost");
  ASSERT_TRUE(RunFree(Plan(Dispatcher::kAsync), &baselines_, &cell).ok());
  EXPECT_THAT(cell.kept_folder, HasSubstr("async-native-2"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/async-native-1"));
}

TEST_F(FreeRunTest, EndsAndSanitizerReportsAreFindings) {
  const CellResult crash = Run("segv");
  ASSERT_THAT(crash.findings, SizeIs(1));
  EXPECT_EQ(crash.findings[0].kind, FindingKind::kCrash);
  const CellResult race = Run("race", Flavour::kTsan);
  ASSERT_THAT(race.findings, SizeIs(1));
  EXPECT_EQ(race.findings[0].kind, FindingKind::kDataRace);
  scenario_.compare = {Oracle::kConservation};
  EXPECT_TRUE(Run("race", Flavour::kTsan).met) << "the sanitizers are not compared";
}

TEST_F(FreeRunTest, TheReferenceRunsInsideTheHarness) {
  scenario_.runs = 5;
  CellPlan plan = Plan(Dispatcher::kAsync);
  plan.dispatcher = Dispatcher::kReference;
  plan.host = "";
  CellResult cell;
  const absl::Status status = RunFree(plan, &baselines_, &cell);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(cell.met) << cell.reason;
  EXPECT_EQ(cell.runs, 1) << "once: it is deterministic";
  EXPECT_GT(cell.events, 0u);
}

}  // namespace
}  // namespace heddle::harness
