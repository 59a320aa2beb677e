// "The strategy has seen everything" is true: what dfs finds without bounds is what the schedules
// of a program can come to, as the exhaustive search finds it, which knows no reduction.
//
// HEDDLE_PROGRAMS is the folder of the programs (sim/runtime/testing/small_programs.cc, and
// weak_programs.cc for weak memory).
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

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

Search SearchAll(const std::string& programs, const std::string& program, MemoryModel memory,
                 const std::string& strategy, const std::string& parameters) {
  Search search;
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-" + programs + "-det", program};
  options.max_points = 100'000;
  auto supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) {
    ADD_FAILURE() << supervisor.status();
    return search;
  }
  CampaignOptions campaign;
  campaign.spec.strategy.name = strategy.c_str();
  campaign.spec.strategy.parameters = parameters.c_str();
  campaign.spec.memory = memory;
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

void DfsFindsWhatThereIs(const std::string& programs, const std::string& program,
                         MemoryModel memory) {
  const Search all = SearchAll(programs, program, memory, "exhaustive", "");
  const Search dfs = SearchAll(programs, program, memory, "dfs", "preemptions=all,advances=all");
  EXPECT_TRUE(all.exhausted);
  EXPECT_EQ(all.progress.bounded, 0u);
  EXPECT_TRUE(dfs.exhausted);
  EXPECT_EQ(dfs.progress.bounded, 0u);
  EXPECT_EQ(dfs.ends, all.ends);
  EXPECT_LE(dfs.executions, all.executions);
  testing::Test::RecordProperty("schedules", std::to_string(all.executions));
  testing::Test::RecordProperty("explored", std::to_string(dfs.progress.executions));
  testing::Test::RecordProperty("abandoned", std::to_string(dfs.progress.abandoned));
}

std::string TestName(std::string name) {
  for (char& character : name) {
    if (character == '-') character = '_';
  }
  return name;
}

class CompletenessTest : public ::testing::TestWithParam<const char*> {};

TEST_P(CompletenessTest, DfsFindsWhatThereIs) {
  DfsFindsWhatThereIs("small_programs", GetParam(), MemoryModel::kSc);
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
        "alarm-beside-store", "timer-signal-to-either", "cancel-beside-store", "cancel-at-once"),
    [](const auto& info) { return TestName(info.param); });

class WeakCompletenessTest : public ::testing::TestWithParam<std::tuple<const char*, MemoryModel>> {
};

TEST_P(WeakCompletenessTest, DfsFindsWhatThereIs) {
  DfsFindsWhatThereIs("weak_programs", std::get<0>(GetParam()), std::get<1>(GetParam()));
}

// Jobs that share a search see together what one would see.
TEST_P(WeakCompletenessTest, SharesFindWhatThereIs) {
  const auto& [program, memory] = GetParam();
  const std::string unbounded = "preemptions=all,advances=all";
  const Search one = SearchAll("weak_programs", program, memory, "dfs", unbounded);
  std::set<std::string> ends;
  uint64_t executions = 0;
  for (const char* share : {"1", "2", "3"}) {
    const Search part = SearchAll("weak_programs", program, memory, "dfs",
                                  unbounded + ",share=" + share + ",shares=3");
    EXPECT_TRUE(part.exhausted);
    ends.insert(part.ends.begin(), part.ends.end());
    executions += part.progress.executions;
  }
  EXPECT_EQ(ends, one.ends);
  // The top of the tree knows no reduction but sleep sets: these cut short what repeats others.
  EXPECT_EQ(executions, one.progress.executions);
}

INSTANTIATE_TEST_SUITE_P(
    WeakPrograms, WeakCompletenessTest,
    ::testing::Combine(
        ::testing::Values("store-buffering", "store-buffering-fences", "store-buffering-one-fence",
                          "store-buffering-seq-cst", "store-buffering-membarrier",
                          "store-buffering-without-membarrier", "fence-beside-seq-cst", "message",
                          "message-released", "message-fences", "message-acquire-annotated",
                          "message-release-annotated", "message-happens-before-annotated",
                          "coherence", "two-writers", "write-behind", "count",
                          "weak-compare-exchange", "weak-compare-exchange-loop",
                          "weak-compare-exchange-types", "failed-compare-exchange",
                          "release-sequence", "exchange-beside-store", "mutex-beside-relaxed",
                          "try-lock", "semaphore", "futex", "descriptor", "clock", "static-guard",
                          "sleep", "sizes", "free-beside-load", "failure-of-old-value", "signal"),
        ::testing::Values(MemoryModel::kC11, MemoryModel::kTso)),
    [](const auto& info) {
      return TestName(std::get<0>(info.param)) + "_" + MemoryModelName(std::get<1>(info.param));
    });

}  // namespace
}  // namespace heddle::sim
