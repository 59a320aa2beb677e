#include "harness/store/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "reports/model/finding.h"
#include "reports/result_file.h"

namespace heddle::store {
namespace {

using reports::CellResult;
using reports::Explored;
using reports::Finding;
using reports::ScenarioResult;
using sim::Dispatcher;
using sim::Flavour;

using ::testing::SizeIs;

Finding Found(const std::string& dedup_key, uint64_t first_run, uint64_t count) {
  Finding finding;
  finding.dedup_key = dedup_key;
  finding.first_run = first_run;
  finding.count = count;
  finding.runs = count;
  finding.message = "of run " + std::to_string(first_run);
  return finding;
}

ScenarioResult Job(const std::string& name, bool met, std::vector<Finding> findings,
                   bool expects = false) {
  ScenarioResult result;
  result.name = name;
  result.path = name + ".yaml";
  result.expects_findings = expects;
  CellResult cell;
  cell.dispatcher = Dispatcher::kAsync;
  cell.flavour = Flavour::kDet;
  cell.runs = 10;
  cell.met = met;
  cell.reason = met ? "" : "not met by " + std::to_string(findings.size());
  cell.findings = std::move(findings);
  for (Finding& finding : cell.findings) {
    if (expects) finding.status = reports::FindingStatus::kExpected;
  }
  cell.explored = Explored{.schedules = 10, .distinct = 4, .points = 100};
  result.cells.push_back(std::move(cell));
  return result;
}

TEST(MergeResultsTest, AFindingOfTwoJobsIsTheEarlierOneWithTheCountsOfBoth) {
  const auto merged = MergeResults(
      {Job("a", false, {Found("x", 7, 2), Found("y", 9, 1)}), Job("a", false, {Found("x", 4, 3)})});
  ASSERT_THAT(merged, SizeIs(1));
  ASSERT_THAT(merged[0].cells, SizeIs(1));
  const CellResult& cell = merged[0].cells[0];
  ASSERT_THAT(cell.findings, SizeIs(2));
  EXPECT_EQ(cell.findings[0].dedup_key, "x");
  EXPECT_EQ(cell.findings[0].first_run, 4u);
  EXPECT_EQ(cell.findings[0].message, "of run 4");
  EXPECT_EQ(cell.findings[0].count, 5u);
  EXPECT_EQ(cell.findings[0].runs, 5u);
  EXPECT_EQ(cell.findings[1].dedup_key, "y");
  EXPECT_EQ(cell.runs, 20);
  EXPECT_EQ(cell.explored->schedules, 20u);
  EXPECT_EQ(cell.explored->points, 200u);
  EXPECT_FALSE(cell.met);
}

TEST(MergeResultsTest, WhatShouldBeCleanIsMetWhenAllJobsWere) {
  EXPECT_TRUE(MergeResults({Job("a", true, {}), Job("a", true, {})})[0].met());
  const auto merged = MergeResults({Job("a", true, {}), Job("a", false, {Found("x", 1, 1)})});
  EXPECT_FALSE(merged[0].met());
  EXPECT_EQ(merged[0].cells[0].reason, "not met by 1");
}

TEST(MergeResultsTest, WhatShouldBeFoundIsMetWhenOneJobWas) {
  const auto merged = MergeResults(
      {Job("a", false, {Found("y", 2, 1)}, true), Job("a", true, {Found("x", 1, 1)}, true)});
  EXPECT_TRUE(merged[0].met());
  EXPECT_FALSE(MergeResults({Job("a", false, {}, true), Job("a", false, {}, true)})[0].met());
}

TEST(MergeResultsTest, AnUnexpectedFindingOfOneJobFailsTheWhole) {
  ScenarioResult unexpected = Job("a", false, {Found("y", 2, 1)}, true);
  unexpected.cells[0].findings[0].status = reports::FindingStatus::kUnexpected;
  const ScenarioResult found = Job("a", true, {Found("x", 1, 1)}, true);
  for (const auto& jobs : {std::vector{unexpected, found}, std::vector{found, unexpected}}) {
    const auto merged = MergeResults(jobs);
    EXPECT_FALSE(merged[0].met());
    EXPECT_EQ(merged[0].cells[0].reason, "not met by 1");
  }
}

TEST(MergeResultsTest, AControlMustBeCleanInAllJobs) {
  const auto merged =
      MergeResults({Job("a", true, {}, true), Job("a", false, {Found("x", 1, 1)}, true)});
  EXPECT_FALSE(merged[0].met());
}

TEST(MergeResultsTest, AJobWithoutSchedulesSaysNothing) {
  ScenarioResult idle = Job("a", false, {}, true);
  idle.cells[0].runs = 0;
  EXPECT_TRUE(MergeResults({idle, Job("a", true, {Found("x", 1, 1)}, true)})[0].met());
  EXPECT_TRUE(MergeResults({Job("a", true, {Found("x", 1, 1)}, true), idle})[0].met());
}

TEST(MergeResultsTest, ScenariosAndCellsStayApart) {
  ScenarioResult other = Job("a", true, {});
  other.cells[0].flavour = Flavour::kTsan;
  const auto merged = MergeResults({Job("a", true, {}), Job("b", true, {}), other});
  ASSERT_THAT(merged, SizeIs(2));
  EXPECT_THAT(merged[0].cells, SizeIs(2));
  EXPECT_THAT(merged[1].cells, SizeIs(1));
}

class AddResultsTest : public testing::Test {
 protected:
  AddResultsTest()
      : folder_(testing::TempDir() + "heddle_add_results_" + std::to_string(getpid())) {}
  ~AddResultsTest() override { std::filesystem::remove_all(folder_); }

  std::vector<ScenarioResult> Read() const { return *reports::ReadResults(folder_); }

  const std::string folder_;
};

TEST_F(AddResultsTest, CampaignsKeepEachOthersResults) {
  const auto first = AddResults(folder_, {Job("a", false, {Found("x", 1, 1)})});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->others, 0u);
  const auto second = AddResults(folder_, {Job("b", true, {})});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->others, 1u);
  ASSERT_THAT(Read(), SizeIs(2));
  EXPECT_EQ(Read()[0].name, "a");
  EXPECT_THAT(Read()[0].cells[0].findings, SizeIs(1));
  // Another way to run the same.
  ScenarioResult other = Job("a", true, {});
  other.again = "heddle explore a.yaml --seed 2";
  EXPECT_EQ(AddResults(folder_, {other})->others, 2u);
  EXPECT_THAT(Read(), SizeIs(3));
}

TEST_F(AddResultsTest, ACampaignThatFindsTheSameAgainTakesTheEarlierPlace) {
  ASSERT_TRUE(AddResults(folder_, {Job("a", false, {Found("x", 1, 1)})}).ok());
  ASSERT_TRUE(AddResults(folder_, {Job("a", false, {Found("x", 1, 1)})}).ok());
  ASSERT_THAT(Read(), SizeIs(1));
  EXPECT_EQ(Read()[0].cells[0].runs, 10);
}

TEST_F(AddResultsTest, AFindingIsNeverLost) {
  ASSERT_TRUE(AddResults(folder_, {Job("a", false, {Found("x", 1, 1)})}).ok());
  ASSERT_TRUE(AddResults(folder_, {Job("a", false, {Found("y", 1, 1)})}).ok());
  ASSERT_TRUE(AddResults(folder_, {Job("a", true, {})}).ok());
  ASSERT_THAT(Read(), SizeIs(1));
  EXPECT_THAT(Read()[0].cells[0].findings, SizeIs(2));
  EXPECT_EQ(Read()[0].cells[0].runs, 30);
  EXPECT_FALSE(Read()[0].met());
}

TEST_F(AddResultsTest, AFileThatCannotBeReadIsSetAside) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/result.json") << "{";
  const auto added = AddResults(folder_, {Job("a", true, {})});
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(added->set_aside, folder_ + "/result.json.unreadable");
  EXPECT_TRUE(std::filesystem::exists(added->set_aside));
  EXPECT_THAT(Read(), SizeIs(1));
}

}  // namespace
}  // namespace heddle::store
