#include "harness/run/history_verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

TEST(HistoryVerdicts, ABadHistoryThatComesAgainIsBadAgain) {
  HistoryVerdicts verdicts;
  int checks = 0;
  const auto bad = [&checks]() -> absl::StatusOr<HistoryVerdicts::Verdict> {
    ++checks;
    return sim::Violation{"an event is lost", "0123456789abcdef"};
  };
  for (int i = 0; i < 3; ++i) {
    const absl::StatusOr<HistoryVerdicts::Verdict> verdict = verdicts.Of("history", bad);
    ASSERT_TRUE(verdict.ok());
    ASSERT_TRUE(verdict->has_value()) << "time " << i;
    EXPECT_EQ((*verdict)->message, "an event is lost");
  }
  EXPECT_EQ(checks, 1);
  EXPECT_EQ(verdicts.size(), 1u);
}

TEST(HistoryVerdicts, EachHistoryIsCheckedOnce) {
  HistoryVerdicts verdicts;
  int checks = 0;
  const auto clean = [&checks]() -> absl::StatusOr<HistoryVerdicts::Verdict> {
    ++checks;
    return std::nullopt;
  };
  for (const char* history : {"a", "b", "a", "b", "c"}) {
    EXPECT_FALSE(verdicts.Of(history, clean)->has_value());
  }
  EXPECT_EQ(checks, 3);
  EXPECT_EQ(verdicts.size(), 3u);
}

TEST(HistoryVerdicts, AnErrorIsNoVerdict) {
  HistoryVerdicts verdicts;
  const auto fails = []() -> absl::StatusOr<HistoryVerdicts::Verdict> {
    return absl::InternalError("incomplete");
  };
  EXPECT_FALSE(verdicts.Of("history", fails).ok());
  const auto clean = []() -> absl::StatusOr<HistoryVerdicts::Verdict> { return std::nullopt; };
  EXPECT_TRUE(verdicts.Of("history", clean).ok());
}

}  // namespace
}  // namespace heddle::harness
