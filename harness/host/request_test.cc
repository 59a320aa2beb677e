#include "harness/host/request.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::host {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(absl::string_view text) {
  const absl::StatusOr<Request> request = ParseRequest(text, "r.json");
  return request.ok() ? "" : std::string(request.status().message());
}

TEST(RequestTest, EveryMemberComesBack) {
  Request request;
  request.trace = "t.jsonl";
  request.window = {trace::Window::By::kSlot, -3, 40};
  request.warm_up = false;
  request.dispatcher = Dispatcher::kMutex;
  request.mode = Mode::kRecorded;
  request.speed = 2.5;
  request.tick_interval_ns = 7;
  request.instances = 3;
  request.split = Split::kCopy;
  request.channel_capacity = 2;
  request.channel_bytes = 99;
  request.duplicates = true;
  request.signature = {Signature::Kind::kCostModel, 1'000'000};
  request.stop_after = 12;
  request.faults = {.seed = 3, .drop = 0.01, .disconnect = 0.5, .delay_ns = 77};
  request.system_faults = true;
  request.snapshots = false;
  request.seed = ~uint64_t{0};
  const absl::StatusOr<std::string> text = FormatRequest(request);
  ASSERT_TRUE(text.ok()) << text.status();
  const absl::StatusOr<Request> parsed = ParseRequest(*text, "r.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*FormatRequest(*parsed), *text);
  EXPECT_EQ(parsed->window.from, -3);
  EXPECT_EQ(parsed->seed, ~uint64_t{0});
}

TEST(RequestTest, FaultsComeBack) {
  const absl::StatusOr<Request> parsed = ParseRequest(
      R"({"trace": "t", "faults": {"seed": 9, "reorder": 0.25}, "system_faults": true})", "r.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->faults.seed, 9u);
  EXPECT_EQ(parsed->faults.reorder, 0.25);
  EXPECT_TRUE(parsed->system_faults);
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "faults": {"drop": 2}})"), HasSubstr("faults: drop: 2"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "faults": {"drob": 1}})"),
              HasSubstr(R"(unknown member "drob")"));
}

TEST(RequestTest, OnlyTheTraceIsNeeded) {
  const absl::StatusOr<Request> parsed = ParseRequest(R"({"trace": "t"})", "r.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  Request defaults;
  defaults.trace = "t";
  EXPECT_EQ(*FormatRequest(*parsed), *FormatRequest(defaults));
  EXPECT_EQ(ErrorOf("{}"), "r.json: trace: expected the path of a trace");
}

TEST(RequestTest, ErrorsNameThePlaceAndTheExpectedValue) {
  EXPECT_THAT(ErrorOf("{\n\"trace\": \"t\",\n!}"), HasSubstr("r.json:3: not JSON"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("expected an object, got []"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "dispacher": "async"})"),
              HasSubstr(R"(unknown member "dispacher")"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "dispacher": "async"})"),
              HasSubstr("the nearest is dispatcher"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "mode": "brust"})"), HasSubstr("the nearest is burst"));
  EXPECT_THAT(ErrorOf(R"({"trace": 7})"), HasSubstr("trace: expected a string, got 7"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "seed": -1})"), HasSubstr("seed: expected a whole number"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "window": {"form": 1}})"),
              HasSubstr("window: unknown member \"form\""));
}

TEST(RequestTest, RefusesWhatIsOutOfRangeOrDoesNotGoTogether) {
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "instances": 65})"), HasSubstr("instances: expected 1 to"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "instances": 4294967297})"), HasSubstr("up to 4294967295"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "channel_capacity": 0})"), HasSubstr("channel_capacity"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "speed": 2})"), HasSubstr("only the mode recorded"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "mode": "recorded", "speed": 0})"), HasSubstr("speed"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "tick_interval_ns": 5})"), HasSubstr("in lockstep"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "signature": {"ns": 5}})"), HasSubstr("cost_model"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "stop_after": 0})"), HasSubstr("stop_after"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "window": {"from": 2, "to": 1}})"), HasSubstr("window"));
}

TEST(RequestTest, RefusesWhatWouldOverflow) {
  EXPECT_THAT(ErrorOf(R"({"trace":1e999})"), HasSubstr("r.json: a number is out of range"));
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_THAT(ErrorOf(absl::StrCat(R"({"trace": )", deep, "}")), HasSubstr("nested more than"));
  EXPECT_THAT(ErrorOf(R"({"trace": "t", "trace": "u"})"), HasSubstr("stands there twice"));
}

TEST(RequestTest, ANameThatIsNotUtf8IsNamed) {
  Request request;
  request.trace = "\xff.jsonl";
  EXPECT_THAT(std::string(FormatRequest(request).status().message()), HasSubstr("'\\xff.jsonl'"));
}

TEST(RequestTest, AMissingFileIsNamed) {
  EXPECT_THAT(std::string(ReadRequest("no/such/request.json").status().message()),
              HasSubstr("no/such/request.json"));
}

}  // namespace
}  // namespace heddle::host
