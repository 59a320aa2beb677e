#include "harness/run/scenario_schedule.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

class SubjectPathTest : public testing::Test {
 protected:
  SubjectPathTest()
      : folder_(fs::path(testing::TempDir()) / ("heddle_subject_" + std::to_string(getpid()))) {
    fs::create_directories(folder_ / "scenarios");
    fs::create_directories(folder_ / "findings" / "more");
  }
  ~SubjectPathTest() override { fs::remove_all(folder_); }

  std::string Find(const std::string& schedule) {
    return SubjectPath("scenarios/s.yaml", folder_ / schedule);
  }
  void Make(const std::string& file) { std::ofstream(folder_ / file) << "x"; }

  const fs::path folder_;
};

TEST_F(SubjectPathTest, InAFolderAboveTheSchedule) {
  Make("scenarios/s.yaml");
  EXPECT_EQ(Find("findings/f.schedule.json"), folder_ / "scenarios/s.yaml");
  EXPECT_EQ(Find("findings/more/f.schedule.json"), folder_ / "scenarios/s.yaml");
}

TEST_F(SubjectPathTest, BesideTheScheduleFirst) {
  Make("scenarios/s.yaml");
  fs::create_directories(folder_ / "findings" / "scenarios");
  Make("findings/scenarios/s.yaml");
  EXPECT_EQ(Find("findings/f.schedule.json"), folder_ / "findings/scenarios/s.yaml");
}

TEST_F(SubjectPathTest, AMissingFileKeepsItsName) {
  EXPECT_EQ(Find("findings/f.schedule.json"), "scenarios/s.yaml");
}

TEST(CurveTest, GrowsCoarserAndNotLong) {
  std::vector<Explored::Sample> curve;
  for (uint64_t i = 1; i <= 10'000; ++i) AddSample({.executions = i}, &curve);
  EXPECT_LE(curve.size(), 400u);
  EXPECT_GE(curve.size(), 200u);
  for (size_t i = 1; i < curve.size(); ++i) {
    EXPECT_LT(curve[i - 1].schedules, curve[i].schedules);
  }
  EXPECT_EQ(curve.back().schedules, 10'000u);
  AddSample({.executions = 1}, &curve);
  EXPECT_EQ(curve.size(), 1u);
}

}  // namespace
}  // namespace heddle::harness
