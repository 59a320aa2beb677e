#include "sim/explore/explore.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "sim/explore/learnt.h"
#include "sim/explore/replay.h"
#include "sim/supervisor/real_machine.h"

namespace heddle::sim {
namespace {

class ExploreTest : public testing::Test {
 protected:
  ExploreTest() : out_(testing::TempDir() + "heddle_explore_" + std::to_string(getpid())) {}
  ~ExploreTest() override { std::filesystem::remove_all(out_); }

  static ExploreOptions Options(const std::string& program, const std::string& version,
                                const std::string& strategy = "random",
                                const std::string& flavour = "det") {
    ExploreOptions options;
    options.program.arguments = {HEDDLE_PROGRAMS "/heddle-corpus-" + flavour, program, version};
    options.spec.strategy = *ParseStrategySpec(strategy);
    options.schedules = 300;
    return options;
  }

  const std::string out_;
};

TEST_F(ExploreTest, StopsAtTheFirstFindingAndWritesIt) {
  ExploreOptions options = Options("lost-update", "broken");
  options.out = out_ + "/made/when/missing";
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 1u);
  const DistinctFinding& finding = result->findings[0];
  EXPECT_EQ(finding.kind, FailureKind::kCrash);
  EXPECT_NE(finding.dedup_key.find("hits.load() == 2"), std::string::npos) << finding.dedup_key;
  EXPECT_NE(finding.description.find("lost_update.cc"), std::string::npos);
  EXPECT_EQ(finding.nth, result->progress.executions);
  EXPECT_TRUE(result->warnings.empty());

  const absl::StatusOr<Schedule> schedule = ReadSchedule(finding.path);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->dedup_key, finding.dedup_key);
  const absl::StatusOr<ReplayReport> replay = Replay(options.program, *schedule, 20);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->exact, 20u) << replay->verdict.difference;
  EXPECT_EQ(replay->last.finding, FailureKind::kCrash);
}

// Sites that are found on the way become points of a part of auto's executions; the schedule files
// of these name them, and replay needs nothing else. The same campaign takes the same ones.
TEST_F(ExploreTest, AutoHasPointsAtTheSitesThatAreFound) {
  ExploreOptions options = Options("double-checked-locking", "broken", "auto:memory=0,c11=0");
  const std::string site = "double_checked_locking.cc:28";
  options.find_sites = [&site] { return std::vector<std::string>{site}; };
  options.schedules = options.keep_clean = 200;
  options.out = out_;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->raced_sites);
  EXPECT_NE(Took(*result).find("points at the sites of data races in "), std::string::npos)
      << Took(*result);
  ASSERT_EQ(result->kept.size(), 200u);
  std::vector<uint64_t> with_sites;
  for (const std::string& path : result->kept) {
    const absl::StatusOr<Schedule> schedule = ReadSchedule(path);
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    if (schedule->preempt != Preempt::kSites) continue;
    EXPECT_EQ(schedule->sites, std::vector<std::string>{site});
    const absl::StatusOr<ReplayReport> replay = Replay(options.program, *schedule, 1);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->exact, 1u) << replay->verdict.difference;
    with_sites.push_back(schedule->execution);
  }
  EXPECT_GT(with_sites.size(), 5u);
  EXPECT_GE(with_sites.front(), kSitesAfter);
  const absl::StatusOr<ExploreResult> again = Explore(options);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->kept, result->kept);
  EXPECT_EQ(again->progress.distinct_schedules, result->progress.distinct_schedules);
  EXPECT_EQ(Took(*again), Took(*result));
}

// A page that is not put back: what was seen until that is noticed counts for nothing.
TEST_F(ExploreTest, BeginsAgainWithForksWhenOneProcessIsNotTheSame) {
  if (!CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  ExploreOptions options = Options("", "");
  options.program.arguments = {HEDDLE_PROGRAMS "/kernel-in_process-det", "counts"};
  const absl::StatusOr<ExploreResult> forks = Explore(options);
  ASSERT_TRUE(forks.ok()) << forks.status();
  options.program.in_process = true;
  const absl::StatusOr<ExploreResult> right = Explore(options);
  ASSERT_TRUE(right.ok()) << right.status();
  EXPECT_GT(right->in_process, 200u) << right->by_fork;

  const auto supervisor = Supervisor::Start(options.program);
  ASSERT_TRUE(supervisor.ok() && (*supervisor)->NewCampaign(CampaignOptions()).ok());
  const absl::StatusOr<Batch> batch = (*supervisor)->RunBatch(0, 1);
  ASSERT_TRUE(batch.ok()) << batch.status();
  options.program.leave_out_page = std::strtoull(batch->last.standard_output.c_str(), nullptr, 16);
  ASSERT_NE(options.program.leave_out_page, 0u) << batch->last.standard_output;
  const absl::StatusOr<ExploreResult> wrong = Explore(options);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_NE(wrong->by_fork.find("was another one than in a fork"), std::string::npos)
      << wrong->by_fork;
  EXPECT_EQ(wrong->in_process, 0u);
  for (const ExploreResult& result : {*right, *wrong}) {
    EXPECT_EQ(result.progress.executions, forks->progress.executions);
    EXPECT_EQ(result.progress.points, forks->progress.points);
    EXPECT_EQ(result.progress.distinct_schedules, forks->progress.distinct_schedules);
    EXPECT_EQ(result.progress.distinct_orders, forks->progress.distinct_orders);
  }
}

TEST_F(ExploreTest, ContinuesAfterCrashesAndDistinguishesFindings) {
  ExploreOptions options = Options("lost-update", "broken");
  options.stop_at_first = false;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->progress.executions, 300u);
  ASSERT_EQ(result->findings.size(), 1u);  // each of the many crashes is this one
  EXPECT_GT(result->findings[0].times, 10u);
}

// Status 0 in mid-schedule: neither a finding nor clean, and the campaign goes on.
TEST_F(ExploreTest, CountsExecutionsThatEndEarlyApart) {
  ExploreOptions options = Options("", "");
  options.program.arguments = {HEDDLE_PROGRAMS "/kernel-endings-det", "_exit-beside-thread"};
  options.schedules = 5;
  options.out = out_;
  options.keep_clean = 1;
  const absl::StatusOr<ExploreResult> early = Explore(options);
  ASSERT_TRUE(early.ok()) << early.status();
  EXPECT_TRUE(early->findings.empty());
  EXPECT_EQ(early->progress.executions, 5u);
  EXPECT_EQ(early->ended_early, 5u);
  EXPECT_NE(early->first_early_end.find("mid-schedule"), std::string::npos);
  EXPECT_TRUE(early->kept.empty());

  options.program.arguments.back() = "daemon";
  const absl::StatusOr<ExploreResult> threads = Explore(options);
  ASSERT_TRUE(threads.ok()) << threads.status();
  EXPECT_TRUE(threads->findings.empty());
  EXPECT_EQ(threads->ended_early, 0u);
  EXPECT_EQ(threads->executions_with_threads_left, 5u);
  EXPECT_EQ(threads->most_threads_left, 1u);
  EXPECT_EQ(threads->kept.size(), 1u);
}

// The function tells executions apart whose time is over: they are at another line each time.
TEST_F(ExploreTest, AnExecutionThatTakesTooLongIsNamedByWhereItIs) {
  ExploreOptions options = Options("", "");
  options.program.arguments = {HEDDLE_PROGRAMS "/kernel-wrong-det", "spin"};
  options.program.time_limit_ms = 300;
  options.spec.watchdog_seconds = 0;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 1u);
  const DistinctFinding& finding = result->findings[0];
  EXPECT_EQ(finding.kind, FailureKind::kTimeLimit);
  EXPECT_TRUE(finding.dedup_key.starts_with("time-limit ") && finding.dedup_key.ends_with("Spin"))
      << finding.dedup_key;
  EXPECT_NE(finding.message.find("took more than 300 ms of real time"), std::string::npos)
      << finding.message;
  ASSERT_EQ(finding.stacks.size(), 1u);
  EXPECT_EQ(finding.stacks[0].thread, "T0");
}

TEST_F(ExploreTest, FindsARaceInTsan) {
  const absl::StatusOr<ExploreResult> result =
      Explore(Options("double-checked-locking", "broken", "random", "tsan"));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 1u);
  EXPECT_EQ(result->findings[0].kind, FailureKind::kSanitizer);
  EXPECT_NE(result->findings[0].dedup_key.find("data race"), std::string::npos);
}

TEST_F(ExploreTest, CleanProgramsStayClean) {
  const absl::StatusOr<ExploreResult> result = Explore(Options("lost-update", "right"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->findings.empty());
  EXPECT_EQ(result->progress.executions, 300u);
  EXPECT_FALSE(result->exhausted);
  // Two threads that each add once: many schedules, two orders.
  EXPECT_GT(result->progress.distinct_schedules, 10u);
  EXPECT_LT(result->progress.distinct_orders, result->progress.distinct_schedules);
  EXPECT_GE(result->progress.distinct_orders, 2u);
}

TEST_F(ExploreTest, SeveralJobsRunTheSameExecutions) {
  ExploreOptions options = Options("peterson", "right");
  const absl::StatusOr<ExploreResult> one = Explore(options);
  options.jobs = 3;
  const absl::StatusOr<ExploreResult> three = Explore(options);
  ASSERT_TRUE(one.ok() && three.ok());
  EXPECT_EQ(three->jobs, 3u);
  EXPECT_EQ(one->progress.executions, three->progress.executions);
  EXPECT_EQ(one->progress.points, three->progress.points);
  EXPECT_EQ(one->progress.distinct_schedules, three->progress.distinct_schedules);
  EXPECT_EQ(one->progress.distinct_orders, three->progress.distinct_orders);
}

// Number and operations of each execution.
std::map<uint64_t, uint64_t> ExecutionsOf(ExploreOptions options) {
  std::map<uint64_t, uint64_t> executions;
  options.check = [&](uint32_t, const Outcome& outcome) {
    EXPECT_TRUE(executions.emplace(outcome.execution, outcome.hash).second) << "twice";
    return [] { return std::vector<Violation>(); };
  };
  const absl::StatusOr<ExploreResult> result = Explore(options);
  EXPECT_TRUE(result.ok()) << result.status();
  if (result.ok()) {
    EXPECT_EQ(result->progress.executions, executions.size());
  }
  return executions;
}

TEST_F(ExploreTest, ShardsTogetherRunWhatOneJobWould) {
  for (const char* strategy : {"random", "pos", "pct:d=3,k=20"}) {
    ExploreOptions options = Options("lost-update", "right", strategy);
    options.schedules = 32;  // no multiple of three
    const std::map<uint64_t, uint64_t> whole = ExecutionsOf(options);
    EXPECT_EQ(whole.size(), 32u);
    std::map<uint64_t, uint64_t> together;
    for (uint32_t index = 1; index <= 3; ++index) {
      options.shard = {index, 3};
      for (const auto& [execution, hash] : ExecutionsOf(options)) {
        EXPECT_EQ((execution + 1) % 3, index % 3);
        EXPECT_TRUE(together.emplace(execution, hash).second) << "in two shards";
      }
    }
    EXPECT_EQ(together, whole) << strategy;
  }
}

TEST_F(ExploreTest, ShardsOfSeveralProcessesToo) {
  ExploreOptions options = Options("lost-update", "broken");
  options.stop_at_first = false;
  options.jobs = 2;
  uint64_t executions = 0, points = 0, times = 0;
  for (uint32_t index = 1; index <= 4; ++index) {
    options.shard = {index, 4};
    const absl::StatusOr<ExploreResult> result = Explore(options);
    ASSERT_TRUE(result.ok()) << result.status();
    executions += result->progress.executions;
    points += result->progress.points;
    for (const DistinctFinding& finding : result->findings) times += finding.times;
  }
  options.shard = {};
  const absl::StatusOr<ExploreResult> whole = Explore(options);
  ASSERT_TRUE(whole.ok()) << whole.status();
  ASSERT_EQ(whole->findings.size(), 1u);
  EXPECT_EQ(executions, whole->progress.executions);
  EXPECT_EQ(points, whole->progress.points);
  EXPECT_EQ(times, whole->findings[0].times);
}

TEST_F(ExploreTest, WhatCannotBeSharedOutIsTheFirstShards) {
  ExploreOptions options = Options("lost-update", "right", "fifo");
  options.schedules = 10'000;
  const absl::StatusOr<ExploreResult> whole = Explore(options);
  ASSERT_TRUE(whole.ok()) << whole.status();
  for (uint32_t index = 1; index <= 2; ++index) {
    options.shard = {index, 2};
    const absl::StatusOr<ExploreResult> shard = Explore(options);
    ASSERT_TRUE(shard.ok()) << shard.status();
    EXPECT_EQ(shard->progress.executions, index == 1 ? whole->progress.executions : 0u);
  }
}

// Each shard searches behind prefixes of its own, and says that it has seen all that is behind
// them.
TEST_F(ExploreTest, DfsIsSharedOut) {
  ExploreOptions options = Options("lost-update", "right", "dfs:preemptions=1");
  options.schedules = 10'000;
  const absl::StatusOr<ExploreResult> whole = Explore(options);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_TRUE(whole->exhausted);
  uint64_t orders = 0;
  for (uint32_t index = 1; index <= 2; ++index) {
    options.shard = {index, 2};
    const absl::StatusOr<ExploreResult> shard = Explore(options);
    ASSERT_TRUE(shard.ok()) << shard.status();
    EXPECT_TRUE(shard->exhausted);
    EXPECT_GT(shard->progress.executions, 0u);
    orders += shard->progress.distinct_orders;
  }
  EXPECT_GE(orders, whole->progress.distinct_orders);
}

TEST(ShardTest, IsReadAsItIsWritten) {
  const absl::StatusOr<Shard> shard = ParseShard("2/8");
  ASSERT_TRUE(shard.ok()) << shard.status();
  EXPECT_EQ(shard->index, 2u);
  EXPECT_EQ(shard->count, 8u);
  for (const char* text : {"", "2", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "1/100000"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseShard(text).status())) << text;
  }
}

TEST_F(ExploreTest, DfsSaysWhenItHasSeenEverything) {
  ExploreOptions options = Options("lost-update", "right", "dfs:preemptions=all");
  options.schedules = 0;
  options.jobs = 4;
  options.keep_clean = 2;
  options.out = out_;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->exhausted);
  EXPECT_EQ(result->jobs, 1u);
  EXPECT_TRUE(result->findings.empty());
  // Without a bound each order is run to its end once.
  EXPECT_EQ(result->strategy.bounded, 0u);
  EXPECT_EQ(result->strategy.executions, result->progress.distinct_orders);
  EXPECT_EQ(result->strategy.executions + result->strategy.abandoned, result->progress.executions);
  // Nothing but the schedule differs, random numbers included.
  ASSERT_EQ(result->kept.size(), 2u);
  EXPECT_TRUE(ReadSchedule(result->kept[1])->same_random);
}

TEST_F(ExploreTest, FaultsThatWereNotInjectedAreReported) {
  ExploreOptions options = Options("lost-update", "right");
  options.spec.faults[static_cast<size_t>(FaultKind::kThread)] = {.nth = 1};
  options.spec.faults[static_cast<size_t>(FaultKind::kShortRead)] = {.per_million = 500'000};
  options.stop_at_first = false;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  // std::thread throws, and nobody catches it; a pipe there is none.
  EXPECT_EQ(result->progress.faults, 300u);
  ASSERT_FALSE(result->findings.empty());
  EXPECT_EQ(result->findings[0].schedule.faults, (std::vector<Fault>{{FaultKind::kThread, 0, 1}}));
  ASSERT_EQ(result->warnings.size(), 1u);
  EXPECT_EQ(result->warnings[0], "short_read: this fault was not injected in any execution");
  const absl::StatusOr<ReplayReport> replay =
      Replay(options.program, result->findings[0].schedule, 5);
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->exact, 5u) << replay->verdict.difference;
}

TEST_F(ExploreTest, DfsTakesFaultsByOccasionOnly) {
  ExploreOptions options = Options("lost-update", "right", "dfs");
  options.spec.faults[static_cast<size_t>(FaultKind::kInterrupt)] = {.per_million = 1};
  EXPECT_EQ(Explore(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.spec.faults[static_cast<size_t>(FaultKind::kInterrupt)] = {.nth = 1};
  EXPECT_TRUE(Explore(options).ok());
}

TEST_F(ExploreTest, FifoRunsOnce) {
  const absl::StatusOr<ExploreResult> result = Explore(Options("peterson", "right", "fifo"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->progress.executions, 1u);
}

// Which line its threads have come to when the budget is spent says nothing.
TEST_F(ExploreTest, ALivelockIsKeyedByItsThreadsAndReplays) {
  ExploreOptions options = Options("peterson", "right");
  options.spec.step_budget = 16;
  options.stop_at_first = false;
  options.out = out_;
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 2u);  // one of the two threads is at its end, or none
  for (const DistinctFinding& finding : result->findings) {
    EXPECT_EQ(finding.kind, FailureKind::kLivelock);
    EXPECT_EQ(finding.dedup_key.find(':'), std::string::npos) << finding.dedup_key;
    const absl::StatusOr<Schedule> schedule = ReadSchedule(finding.path);
    ASSERT_TRUE(schedule.ok()) << schedule.status();
    const absl::StatusOr<ReplayReport> replay = Replay(options.program, *schedule, 3);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->exact, 3u) << replay->verdict.difference;
  }
}

TEST_F(ExploreTest, TheCallersOwnCheckCounts) {
  ExploreOptions options = Options("lost-update", "right");
  options.out = out_;
  options.check = [](uint32_t, const Outcome& outcome) {
    return [late = outcome.execution >= 7] {
      if (!late) return std::vector<Violation>();
      return std::vector<Violation>{{"seven is enough", "seven"}, {"and one more", "more"}};
    };
  };
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 2u) << "every violation of an execution";
  EXPECT_EQ(result->findings[1].message, "and one more");
  EXPECT_EQ(result->findings[1].nth, 8u);
  EXPECT_EQ(result->findings[0].kind, FailureKind::kNone);
  EXPECT_EQ(result->findings[0].nth, 8u);
  EXPECT_EQ(ReadSchedule(result->findings[0].path)->message, "seven is enough");
}

// What the check objects to in an execution that was no fork, a fork must show as well.
TEST_F(ExploreTest, ViolationsAreConfirmedByAFork) {
  if (!CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  ExploreOptions options = Options("lost-update", "right");
  options.program.in_process = true;
  options.schedules = 60;
  uint64_t confirmed = 0;
  bool in_forks_too = true;
  options.check = [&](uint32_t job, const Outcome& outcome) {
    confirmed += job == 1 ? 1 : 0;
    const bool fails = outcome.execution == 40 && (job == 0 || in_forks_too);
    return [fails] {
      return fails ? std::vector<Violation>{{"the fortieth", "40"}} : std::vector<Violation>();
    };
  };
  const absl::StatusOr<ExploreResult> right = Explore(options);
  ASSERT_TRUE(right.ok()) << right.status();
  ASSERT_EQ(right->findings.size(), 1u);
  EXPECT_EQ(right->findings[0].nth, 41u);
  EXPECT_EQ(right->progress.executions, 41u) << "the one that ran meanwhile does not count";
  EXPECT_GT(right->in_process, 20u) << right->by_fork;
  EXPECT_EQ(right->by_fork, "");
  EXPECT_EQ(confirmed, 1u);

  in_forks_too = false;
  const absl::StatusOr<ExploreResult> wrong = Explore(options);
  ASSERT_TRUE(wrong.ok()) << wrong.status();
  EXPECT_EQ(wrong->by_fork,
            "runs by fork: the result of execution 40 was another one than in a fork");
  EXPECT_EQ(wrong->in_process, 0u);
  EXPECT_EQ(wrong->findings.size(), 1u) << "by fork it counts: that is what is true";
}

TEST_F(ExploreTest, AnExecutionThatCannotBeCheckedEndsTheCampaign) {
  ExploreOptions options = Options("lost-update", "right");
  options.schedules = 0;  // for ever
  options.check = [](uint32_t, const Outcome& outcome) {
    return [late = outcome.execution >= 7]() -> absl::StatusOr<std::vector<Violation>> {
      if (!late) return std::vector<Violation>();
      return absl::InternalError("the result is incomplete");
    };
  };
  const absl::StatusOr<ExploreResult> result = Explore(options);
  EXPECT_TRUE(absl::IsInternal(result.status())) << result.status();
}

TEST_F(ExploreTest, InterruptionKeepsWhatWasFound) {
  std::atomic<bool> interrupted{false};
  ExploreOptions options = Options("lost-update", "broken");
  options.schedules = 0;  // for ever
  options.stop_at_first = false;
  options.out = out_;
  options.interrupted = &interrupted;
  options.progress_every = std::chrono::milliseconds(1);
  options.on_progress = [&](const ExploreProgress& progress) {
    if (progress.findings > 0) interrupted = true;
  };
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->interrupted);
  ASSERT_EQ(result->findings.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(result->findings[0].path));
}

TEST_F(ExploreTest, ProgressAddsUp) {
  ExploreProgress last;
  ExploreOptions options = Options("lost-update", "right");
  options.progress_every = std::chrono::milliseconds(1);
  options.on_progress = [&](const ExploreProgress& progress) {
    EXPECT_GE(progress.executions, last.executions);
    EXPECT_LE(progress.distinct_schedules, progress.executions);
    EXPECT_EQ(progress.left.has_value(), progress.executions > 0);
    last = progress;
  };
  ASSERT_TRUE(Explore(options).ok());
  EXPECT_EQ(last.executions, 300u);
  EXPECT_EQ(last.left->count(), 0);
}

TEST_F(ExploreTest, SaysWhatCannotBe) {
  ExploreOptions options = Options("lost-update", "right", "random", "nonesuch");
  EXPECT_EQ(Explore(options).status().code(), absl::StatusCode::kFailedPrecondition);
  options = Options("lost-update", "right");
  options.spec.strategy = {"rnadom", ""};
  const absl::Status status = Explore(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find("pct"), absl::string_view::npos) << status;
  options = Options("lost-update", "right");
  options.out = "/dev/null/x";
  EXPECT_EQ(Explore(options).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace heddle::sim
