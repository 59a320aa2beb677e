#include "harness/shrink/explain.h"

#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

TEST(Explain, TheSubjectLineNamesProgramAndArguments) {
  sim::Schedule schedule;
  schedule.subject_path = "./queue-det";
  schedule.flavour = "det";
  schedule.extra = R"({"arguments": ["--events", "4"]})";
  EXPECT_EQ(SubjectLine(schedule), "Program `./queue-det --events 4`, flavour det.");
}

TEST(Explain, TheSubjectLineNamesScenarioAndDispatcher) {
  sim::Schedule schedule;
  schedule.subject_kind = "scenario";
  schedule.subject_path = "s.yaml";
  schedule.flavour = "asan";
  schedule.extra = R"({"dispatcher": "unsync"})";
  EXPECT_EQ(SubjectLine(schedule), "Scenario `s.yaml`, dispatcher unsync, flavour asan.");
  schedule.extra = "not JSON";
  EXPECT_EQ(SubjectLine(schedule), "Scenario `s.yaml`, dispatcher ?, flavour asan.");
}

TEST(Explain, AScheduleThatWasNotShrunkHasNoNarrative) {
  const std::string path = testing::TempDir() + "/explain_test.schedule.json";
  sim::Schedule schedule;
  schedule.subject_path = "./queue-det";
  schedule.flavour = "det";
  ASSERT_TRUE(sim::WriteSchedule(schedule, path).ok());
  const auto narrative = ExplainFinding(path, "", nullptr, [] { return true; });
  EXPECT_TRUE(absl::IsFailedPrecondition(narrative.status())) << narrative.status();
}

}  // namespace
}  // namespace heddle::harness
