#include "harness/run/history_check.h"

#include <gmock/gmock.h>

#include <fstream>

#include "harness/run/test_cell.h"

namespace heddle::harness {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class HistoryCheckerTest : public CellTest {
 protected:
  HistoryCheckerTest() {
    scenario_.compare = {Oracle::kConservation, Oracle::kEquivalence};
    results_ = {folder_.path() + "/result-0.jsonl", folder_.path() + "/result-1.jsonl"};
  }

  // The correct history, and one that lost an event and ends with another head.
  std::vector<HostLine> Wrong() const {
    std::vector<HostLine> lines = Right(Dispatcher::kAsync);
    lines.erase(lines.end() - 20);
    std::get<Ended>(lines.back().what).state.snapshot.head_root.back() ^= 1;
    return lines;
  }

  std::vector<std::string> results_;
  Baselines baselines_;
  CellResult cell_;
};

TEST_F(HistoryCheckerTest, EveryViolationOfAHistoryIsReported) {
  const CellPlan plan = Plan(Dispatcher::kAsync);
  HistoryChecker checker(plan, results_, &baselines_, &cell_);
  Write("result-0.jsonl", Wrong());
  const absl::StatusOr<std::vector<sim::Violation>> violations = checker.Take(0)();
  ASSERT_TRUE(violations.ok()) << violations.status();
  ASSERT_THAT(*violations, SizeIs(2));
  const std::vector<FindingKind> kinds = {FindingKind::kLostEvent, FindingKind::kDivergence};
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::vector<Finding> findings =
        checker.FindingsIn({.dedup_key = (*violations)[i].dedup_key});
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].kind, kinds[i]);
  }
}

TEST_F(HistoryCheckerTest, AHistoryCountsOnceAndIsBadEachTime) {
  const CellPlan plan = Plan(Dispatcher::kAsync);
  HistoryChecker checker(plan, results_, &baselines_, &cell_);
  Write("result-0.jsonl", Right(Dispatcher::kAsync));
  EXPECT_THAT(*checker.Take(0)(), IsEmpty());
  const uint64_t events = cell_.events;
  EXPECT_GT(events, 0u);
  for (int i = 0; i < 2; ++i) {
    Write("result-1.jsonl", Wrong());
    EXPECT_THAT(*checker.Take(1)(), SizeIs(2)) << i;
    Write("result-1.jsonl", Right(Dispatcher::kAsync));
    EXPECT_THAT(*checker.Take(1)(), IsEmpty()) << i;
  }
  EXPECT_EQ(checker.histories(), 2u);
  EXPECT_EQ(cell_.events, 2 * events - 1);
}

TEST_F(HistoryCheckerTest, AResultThatIsNotWholeIsAnError) {
  const CellPlan plan = Plan(Dispatcher::kAsync);
  HistoryChecker checker(plan, results_, &baselines_, &cell_);
  std::vector<HostLine> lines = Right(Dispatcher::kAsync);
  lines.pop_back();
  Write("result-0.jsonl", lines);
  EXPECT_TRUE(absl::IsInternal(checker.Take(0)().status()));
  EXPECT_EQ(checker.histories(), 0u) << "no verdict";
}

}  // namespace
}  // namespace heddle::harness
