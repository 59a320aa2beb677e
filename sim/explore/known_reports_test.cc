// A campaign in one process counts reports of ThreadSanitizer's that forks have shown before.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/explore/explore.h"
#include "sim/explore/replay.h"
#include "sim/supervisor/real_machine.h"

namespace heddle::sim {
namespace {

// What is told of a finding, and how often it came.
using Counted = std::tuple<std::string, uint64_t, uint64_t, uint64_t>;

std::vector<Counted> Count(const ExploreResult& result) {
  std::vector<Counted> counted;
  for (const DistinctFinding& finding : result.findings) {
    counted.emplace_back(finding.dedup_key, finding.execution, finding.nth, finding.times);
  }
  return counted;
}

class KnownReportsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  }
  ~KnownReportsTest() override { std::filesystem::remove_all(out_); }

  ExploreOptions Options(const std::string& program, const std::string& strategy) const {
    ExploreOptions options;
    options.program.arguments = {HEDDLE_PROGRAMS "/heddle-corpus-tsan", program, "broken"};
    options.spec.strategy = *ParseStrategySpec(strategy);
    options.schedules = 200;
    options.stop_at_first = false;
    options.out = out_;
    return options;
  }

  const std::string out_ = testing::TempDir() + "heddle_known_" + std::to_string(getpid());
};

TEST_F(KnownReportsTest, AreCountedAsByFork) {
  // The last one's executions end in a crash as well, some of them.
  for (const auto& [program, strategy] :
       {std::pair("async-closed-while-sent", "random"), std::pair("cache-filled-twice", "pct:d=3"),
        std::pair("listener-removed", "random"), std::pair("unguarded-map", "auto")}) {
    SCOPED_TRACE(std::string(program) + " " + strategy);
    ExploreOptions options = Options(program, strategy);
    const absl::StatusOr<ExploreResult> forks = Explore(options);
    ASSERT_TRUE(forks.ok()) << forks.status();
    options.program.in_process = true;
    const absl::StatusOr<ExploreResult> result = Explore(options);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(Count(*result), Count(*forks));
    EXPECT_EQ(result->progress.points, forks->progress.points);
    EXPECT_EQ(result->progress.distinct_schedules, forks->progress.distinct_schedules);
    EXPECT_EQ(result->progress.distinct_orders, forks->progress.distinct_orders);
    EXPECT_EQ(result->by_fork, "");
  }
}

// Where nearly each execution has one, nearly none is a fork.
TEST_F(KnownReportsTest, NeedNoForks) {
  ExploreOptions options = Options("unguarded-map", "random");
  options.program.in_process = true;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_FALSE(result->findings.empty());
  EXPECT_GT(result->findings[0].times, 100u);
  EXPECT_GT(result->in_process, 150u) << result->by_fork;
  // What is shown is a fork's, and replays.
  for (const DistinctFinding& finding : result->findings) {
    EXPECT_NE(finding.standard_error.find("WARNING: ThreadSanitizer"), std::string::npos);
    const absl::StatusOr<Schedule> schedule = ReadSchedule(finding.path);
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    options.program.in_process = false;
    const absl::StatusOr<ReplayReport> replay = Replay(options.program, *schedule, 3);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->exact, 3u) << replay->verdict.difference;
  }
}

}  // namespace
}  // namespace heddle::sim
