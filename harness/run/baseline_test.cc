#include "harness/run/baseline.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "harness/run/test_cell.h"

namespace heddle::harness {
namespace {

class BaselinesTest : public CellTest {
 protected:
  // A result that differs from every correct one at its end.
  std::string WriteWrong(const std::string& name) {
    std::vector<HostLine> lines = Right(Dispatcher::kMutex);
    std::get<Ended>(lines.back().what).state.snapshot.head_root.back() ^= 1;
    return Write(name, lines);
  }

  Baselines baselines_;
};

TEST_F(BaselinesTest, TheFirstResultOfTheFirstDispatcherBecomesTheBaseline) {
  const std::string first = WriteWrong("first.jsonl");
  EXPECT_EQ(*baselines_.Compare(Plan(Dispatcher::kMutex), first), std::nullopt);
  std::filesystem::remove(first);  // its run's folder goes
  const absl::StatusOr<std::optional<Finding>> difference =
      baselines_.Compare(Plan(Dispatcher::kAsync), Write("right.jsonl", Right(Dispatcher::kAsync)));
  ASSERT_TRUE(difference.ok()) << difference.status();
  ASSERT_TRUE(difference->has_value());
  EXPECT_EQ((*difference)->kind, FindingKind::kDivergence);
}

TEST_F(BaselinesTest, AnotherDispatcherAloneHasTheFirstOneRunForIt) {
  const CellPlan plan = Plan(Dispatcher::kAsync);
  EXPECT_EQ(*baselines_.Compare(plan, Write("right.jsonl", Right(Dispatcher::kAsync))),
            std::nullopt);
  EXPECT_TRUE(baselines_.Compare(plan, WriteWrong("wrong.jsonl"))->has_value());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/base-native/result.jsonl"));
}

TEST_F(BaselinesTest, AFirstDispatcherThatDoesNotCompleteIsAnError) {
  const FakeFault crash("mutex:segv");
  const auto difference =
      baselines_.Compare(Plan(Dispatcher::kAsync), Write("right.jsonl", Right(Dispatcher::kAsync)));
  EXPECT_TRUE(absl::IsFailedPrecondition(difference.status())) << difference.status();
}

}  // namespace
}  // namespace heddle::harness
