#include "harness/run/cell_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace heddle::harness {
namespace {

using reports::Explored;
using reports::FindingStatus;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Finding Of(FindingKind kind, std::string message = "") {
  Finding finding;
  finding.kind = kind;
  finding.message = std::move(message);
  return finding;
}

CellResult Explored3(uint64_t races = 0) {
  CellResult cell{.dispatcher = Dispatcher::kAsync, .flavour = Flavour::kDet};
  cell.explored = Explored{.schedules = 3, .races = races};
  return cell;
}

TEST(CellVerdict, ACellIsMetWithoutReasonsAndSaysAllOfThem) {
  CellResult cell;
  SetVerdict({}, &cell);
  EXPECT_TRUE(cell.met);
  EXPECT_EQ(cell.reason, "");
  SetVerdict({"one", "another"}, &cell);
  EXPECT_FALSE(cell.met);
  EXPECT_EQ(cell.reason, "one; another");
}

TEST(CellVerdict, AFindingIsFoundByItsKindAndPlace) {
  const std::vector<Finding> findings = {Of(FindingKind::kCrash, "died of SIGSEGV after event 3")};
  EXPECT_TRUE(Found({.kind = FindingKind::kCrash}, findings));
  EXPECT_TRUE(Found({.kind = FindingKind::kCrash, .where = "SIGSEGV"}, findings));
  EXPECT_FALSE(Found({.kind = FindingKind::kCrash, .where = "SIGBUS"}, findings));
  EXPECT_FALSE(Found({.kind = FindingKind::kHang}, findings));
  EXPECT_TRUE(AllFound({}, findings));
  EXPECT_FALSE(AllFound({{.kind = FindingKind::kCrash}, {.kind = FindingKind::kHang}}, findings));
}

TEST(CellVerdict, NotFoundCountsAttemptsOrSchedules) {
  const ExpectedFinding race{.kind = FindingKind::kDataRace, .where = "Apply", .within = 1};
  EXPECT_EQ(NotFound(race, {}), "expected data-race in 'Apply': not found in 1 attempt");
  EXPECT_EQ(NotFound({.kind = FindingKind::kHang, .within = 5}, {}),
            "expected hang: not found in 5 attempts");
  EXPECT_EQ(NotFound({.kind = FindingKind::kCrash}, Explored3(/*races=*/1)),
            "expected crash: not found in 3 schedules, 1 data race targeted");
}

TEST(CellVerdict, ACleanCellHasNoFindings) {
  CellResult cell;
  EXPECT_THAT(CheckClean(cell), IsEmpty());
  cell.findings = {Of(FindingKind::kHang)};
  EXPECT_THAT(CheckClean(cell), ElementsAre("1 finding, expected clean"));
}

TEST(CellVerdict, EveryExpectedFindingThatIsMissingIsNamed) {
  CellResult cell = Explored3();
  cell.findings = {Of(FindingKind::kCrash)};
  cell.findings[0].status = FindingStatus::kExpected;
  const std::vector<ExpectedFinding> expected = {{.kind = FindingKind::kHang},
                                                 {.kind = FindingKind::kCrash},
                                                 {.kind = FindingKind::kDataRace}};
  EXPECT_THAT(CheckExplored(expected, cell),
              ElementsAre(HasSubstr("expected hang"), HasSubstr("expected data-race")));
  EXPECT_THAT(CheckExplored({{.kind = FindingKind::kCrash}}, cell), IsEmpty());
}

TEST(CellVerdict, WhatIsNotNamedIsUnexpectedUnlessOthersAreAllowed) {
  const std::vector<ExpectedFinding> expected = {{.kind = FindingKind::kDataRace}};
  CellResult cell = Explored3();
  cell.findings = {Of(FindingKind::kDataRace), Of(FindingKind::kHang), Of(FindingKind::kCrash),
                   Of(FindingKind::kHang)};
  SetStatus(expected, OtherFindings::kFail, &cell.findings);
  EXPECT_EQ(cell.findings[0].status, FindingStatus::kExpected);
  EXPECT_EQ(cell.findings[1].status, FindingStatus::kUnexpected);
  EXPECT_TRUE(AnyUnexpected(cell.findings));
  EXPECT_THAT(CheckOthers(cell), ElementsAre("3 unexpected findings (crash, hang)"));
  EXPECT_THAT(CheckExplored(expected, cell), ElementsAre("3 unexpected findings (crash, hang)"));
  EXPECT_THAT(CheckExplored({{.kind = FindingKind::kLeak}}, cell),
              ElementsAre(HasSubstr("expected leak"), HasSubstr("3 unexpected")));
  SetStatus(expected, OtherFindings::kAllowed, &cell.findings);
  EXPECT_EQ(cell.findings[0].status, FindingStatus::kExpected);
  EXPECT_EQ(cell.findings[1].status, FindingStatus::kAllowed);
  EXPECT_FALSE(AnyUnexpected(cell.findings));
  EXPECT_THAT(CheckExplored(expected, cell), IsEmpty());
}

TEST(CellVerdict, AFindingOfACellThatIsToBeCleanIsUnexpected) {
  std::vector<Finding> findings = {Of(FindingKind::kHang)};
  SetStatus({}, OtherFindings::kAllowed, &findings);
  EXPECT_EQ(findings[0].status, FindingStatus::kUnexpected);
}

TEST(CellVerdict, RacesWithoutAFailureAreNotClean) {
  EXPECT_THAT(CheckExplored({}, Explored3()), IsEmpty());
  EXPECT_THAT(CheckExplored({}, Explored3(/*races=*/2)),
              ElementsAre("2 data races, no failure in 3 schedules"));
}

TEST(CellVerdict, SchedulesThatEndedEarlyAreNotClean) {
  CellResult cell = Explored3();
  cell.explored->ended_early = 1;
  EXPECT_THAT(CheckExplored({}, cell), ElementsAre("1 schedule ended early: result inconclusive"));
}

TEST(CellVerdict, CoverageGoalsAndInjectedFaultsAreBothAskedFor) {
  Scenario scenario;
  scenario.reach = {Situation::kWaiting, Situation::kStopped};
  CellResult cell = Explored3();
  EXPECT_EQ(CheckReached(scenario, cell).size(), 2u);
  cell.reached = {Situation::kWaiting};
  EXPECT_THAT(Unreached(scenario, cell), ElementsAre(Situation::kStopped));
  EXPECT_THAT(CheckReached(scenario, cell), ElementsAre(HasSubstr("stopped not reached")));
  scenario.faults.system.front().per_million = 50;
  EXPECT_THAT(CheckReached(scenario, cell),
              ElementsAre(HasSubstr("no environment fault"), HasSubstr("stopped not reached")));
  cell.explored->faults = 1;
  cell.reached.push_back(Situation::kStopped);
  EXPECT_THAT(CheckReached(scenario, cell), IsEmpty());
}

}  // namespace
}  // namespace heddle::harness
