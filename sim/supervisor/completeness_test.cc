// "The strategy has seen everything" is true: what dfs finds without bounds is what the schedules
// of a program can come to, as the exhaustive search finds it, which knows no reduction.
//
// HEDDLE_PROGRAMS is the folder of the programs (sim/runtime/testing/small_programs.cc).
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

// Programs have some hundreds of schedules: an exhaustive search takes about a second.
constexpr uint64_t kMostSchedules = 20'000;

struct Search {
  std::set<std::string> ends;  // how executions end, and what they say
  uint64_t executions = 0;
  bool exhausted = false;
  StrategyProgress progress;
};

std::string EndOf(const Outcome& outcome) {
  return std::string(FailureKindName(outcome.finding)) + ": " + outcome.standard_output;
}

Search SearchAll(const std::string& program, const std::string& strategy,
                 const std::string& parameters) {
  Search search;
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-small_programs-det", program};
  options.max_points = 100'000;
  auto supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) {
    ADD_FAILURE() << supervisor.status();
    return search;
  }
  CampaignOptions campaign;
  campaign.spec.strategy.name = strategy.c_str();
  campaign.spec.strategy.parameters = parameters.c_str();
  campaign.spec.step_budget = 100'000;
  campaign.spec.same_random = true;
  EXPECT_TRUE((*supervisor)->NewCampaign(campaign).ok());
  while (search.executions < kMostSchedules) {
    const absl::StatusOr<Batch> batch = (*supervisor)->RunBatch(search.executions, 1);
    if (!batch.ok()) {
      ADD_FAILURE() << batch.status();
      break;
    }
    search.exhausted = batch->exhausted;
    search.progress = batch->progress;
    if (batch->executions.empty()) break;
    ++search.executions;
    if (batch->last.state != ExecutionState::kAbandoned) search.ends.insert(EndOf(batch->last));
  }
  return search;
}

class CompletenessTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CompletenessTest, DfsFindsWhatThereIs) {
  const Search all = SearchAll(GetParam(), "exhaustive", "");
  const Search dfs = SearchAll(GetParam(), "dfs", "preemptions=all,advances=all");
  EXPECT_TRUE(all.exhausted);
  EXPECT_TRUE(dfs.exhausted);
  EXPECT_EQ(dfs.progress.bounded, 0u);
  EXPECT_EQ(dfs.ends, all.ends);
  EXPECT_LE(dfs.executions, all.executions);
  RecordProperty("schedules", std::to_string(all.executions));
  RecordProperty("explored", std::to_string(dfs.progress.executions));
  RecordProperty("abandoned", std::to_string(dfs.progress.abandoned));
}

INSTANTIATE_TEST_SUITE_P(
    SmallPrograms, CompletenessTest,
    ::testing::Values(
        "lost-update", "store-and-load", "compare-exchange", "three-writers", "narrow-and-wide",
        "atomic-wait", "mutex-order", "try-lock", "timed-lock", "lock-order",
        "try-write-beside-reader", "try-read-beside-writer", "destroyed", "spin-try-lock", "once",
        "static-guard", "signal-without-predicate", "signal-with-predicate", "broadcast",
        "timed-wait", "timed-wait-and-sleep", "semaphore-try-wait", "semaphore-timed-wait",
        "one-post-for-two", "barrier", "sleep-before-store", "sleep-twice", "sleep-after-store",
        "sleep-zero", "read-clock", "poll", "return-beside-thread", "return-before-failure",
        "exit-handler", "exit-of-thread", "quick-exit", "end-at-once", "exit-before-timeout",
        "failure-beside-thread", "two-failures", "free-beside-lock", "free-beside-atomic",
        "free-beside-post", "free-beside-condition-wait", "free-twice", "realloc-beside-store",
        "unmap-beside-post", "try-join", "timed-join", "create-in-thread", "create-beside-create",
        "detach", "pipe", "random", "signal-to-thread", "signal-to-process", "signal-beside-wait",
        "alarm-beside-store", "cancel-beside-store", "cancel-at-once"),
    [](const auto& info) {
      std::string name = info.param;
      for (char& character : name) {
        if (character == '-') character = '_';
      }
      return name;
    });

}  // namespace
}  // namespace heddle::sim
