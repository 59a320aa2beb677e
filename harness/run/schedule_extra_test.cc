#include "harness/run/schedule_extra.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::harness {
namespace {

using ::testing::ElementsAre;

std::string ErrorOf(const std::string& extra) {
  sim::Schedule schedule;
  schedule.extra = extra;
  const absl::StatusOr<ScheduleExtra> read = ReadExtra(schedule, "x.json");
  return read.ok() ? "" : std::string(read.status().message());
}

TEST(ScheduleExtra, MembersMayBeMissing) {
  sim::Schedule schedule;
  const absl::StatusOr<ScheduleExtra> none = ReadExtra(schedule, "x.json");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->faults.has_value());
  schedule.extra = R"({"arguments": ["-n", "4"], "dispatcher": "async", "faults": [],
                       "switches": "0>1", "shrunk_from": {"events": 3}})";
  const absl::StatusOr<ScheduleExtra> all = ReadExtra(schedule, "x.json");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_THAT(all->arguments, ElementsAre("-n", "4"));
  EXPECT_EQ(all->dispatcher, "async");
  EXPECT_THAT(*all->faults, ElementsAre());
  EXPECT_EQ(all->switches, "0>1");
}

TEST(ScheduleExtra, OtherTypesAreRefused) {
  EXPECT_EQ(ErrorOf(R"({"dispatcher": 7})"), "x.json: extra: dispatcher: expected a string, got 7");
  EXPECT_EQ(ErrorOf(R"({"arguments": ["a", 5]})"),
            "x.json: extra: arguments[1]: expected a string, got 5");
  EXPECT_EQ(ErrorOf(R"({"arguments": "a"})"),
            "x.json: extra: arguments: expected a list, got \"a\"");
  EXPECT_EQ(ErrorOf(R"({"faults": {}})"), "x.json: extra: faults: expected a list, got {}");
  EXPECT_EQ(ErrorOf(R"({"switches": null, "dispatcher": []})"),
            "x.json: extra: dispatcher: expected a string, got []");
}

}  // namespace
}  // namespace heddle::harness
