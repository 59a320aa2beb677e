#include "sim/explore/replay_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

class CompareTest : public testing::Test {
 protected:
  CompareTest() {
    schedule_.steps = {MakeStep(OpKind::kMutexLock, 0), MakeStep(OpKind::kMutexUnlock, 0)};
    schedule_.finding = FailureKind::kDeadlock;
    schedule_.dedup_key = "deadlock";
    schedule_.complete = false;
    outcome_.steps = schedule_.steps;
    outcome_.finding = FailureKind::kDeadlock;
    outcome_.state = ExecutionState::kFinding;
  }

  ReplayVerdict Compare(bool same_flavour, absl::string_view key = "deadlock") const {
    return CompareWithRecording(schedule_, outcome_, key, same_flavour);
  }

  Schedule schedule_;
  Outcome outcome_;
};

TEST_F(CompareTest, TheSameOperationsAndTheSameFindingAreAsRecorded) {
  EXPECT_EQ(Compare(true).end, ReplayEnd::kAsRecorded);
  EXPECT_EQ(Compare(false).end, ReplayEnd::kAsRecorded);
  EXPECT_EQ(Compare(false).difference, "");
}

TEST_F(CompareTest, OtherOperationsDivergeInEveryFlavour) {
  outcome_.steps[1] = MakeStep(OpKind::kMutexUnlock, 1);
  for (const bool same_flavour : {true, false}) {
    EXPECT_EQ(Compare(same_flavour).end, ReplayEnd::kDiverged);
    EXPECT_THAT(Compare(same_flavour).difference, HasSubstr("point 1"));
  }
}

TEST_F(CompareTest, WithoutTheRecordedFindingAnotherFlavourEndsOtherwise) {
  outcome_.finding = FailureKind::kNone;
  outcome_.state = ExecutionState::kComplete;
  EXPECT_EQ(Compare(false, "").end, ReplayEnd::kOtherEnd);
  EXPECT_EQ(Compare(false, "").difference, "recorded deadlock, got no finding");
  EXPECT_EQ(Compare(true, "").end, ReplayEnd::kDiverged);
}

TEST_F(CompareTest, AnotherFindingIsAnotherEndEvenOfTheSameKind) {
  EXPECT_EQ(Compare(false, "another deadlock").end, ReplayEnd::kOtherEnd);
  outcome_.finding = FailureKind::kSanitizer;
  outcome_.message = "1 sanitizer report";
  outcome_.steps.pop_back();  // it ends earlier
  EXPECT_EQ(Compare(false, "race").end, ReplayEnd::kOtherEnd);
  EXPECT_THAT(Compare(false, "race").difference,
              HasSubstr("recorded deadlock, got another finding: "));
  EXPECT_EQ(Compare(true, "race").end, ReplayEnd::kDiverged);
}

TEST_F(CompareTest, OperationsBehindASanitizersReportOfDamagedMemoryAreAnotherEnd) {
  schedule_.finding = FailureKind::kHeap;
  outcome_.finding = FailureKind::kDivergence;
  outcome_.message = "replay diverged at point 2";
  EXPECT_EQ(Compare(false, "").end, ReplayEnd::kDiverged);  // nothing was reported before
  outcome_.sanitizer_reports = 1;
  EXPECT_EQ(Compare(false, "").end, ReplayEnd::kOtherEnd);
  EXPECT_THAT(Compare(false, "").difference, HasSubstr("replay diverged at point 2"));
  EXPECT_EQ(Compare(true, "").end, ReplayEnd::kDiverged);
  schedule_.finding = FailureKind::kDeadlock;
  EXPECT_EQ(Compare(false, "").end, ReplayEnd::kDiverged);
}

TEST_F(CompareTest, ACleanRecordingThatFailsInAnotherFlavourEndsOtherwise) {
  schedule_.finding = FailureKind::kNone;
  schedule_.dedup_key = "a violation of an oracle";
  EXPECT_EQ(Compare(false).end, ReplayEnd::kOtherEnd);
  EXPECT_THAT(Compare(false).difference, HasSubstr("recorded no finding, got deadlock"));
  outcome_.finding = FailureKind::kNone;
  EXPECT_EQ(Compare(false, "").end, ReplayEnd::kAsRecorded);
}

}  // namespace
}  // namespace heddle::sim
