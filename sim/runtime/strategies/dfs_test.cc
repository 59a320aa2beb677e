#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/explore.h"

namespace heddle::sim {
namespace {

using model::Bounds;
using model::BruteForce;
using model::Do;
using model::Exploration;
using model::Machine;
using model::Program;
using model::RunOnce;

constexpr Bounds kNoBounds{kUnbounded, kUnbounded};
// Programs with more schedules are passed over: brute force runs them all.
constexpr uint64_t kMostSchedules = 5'000;

struct Search {
  std::map<uint64_t, int> traces;  // how often each was run to its end
  std::set<std::string> results;
  StrategyProgress progress;
  Bounds most;
};

Search Explore(const Program& program, const DfsOptions& options) {
  const std::unique_ptr<Strategy> dfs = MakeDfs(options);
  Search search;
  const Random random(1);
  while (dfs->NewExecution(random)) {
    bool abandoned = false;
    const Machine machine = RunOnce(program, *dfs, &abandoned);
    search.most.preemptions = std::max(search.most.preemptions, machine.Spent().preemptions);
    search.most.advances = std::max(search.most.advances, machine.Spent().advances);
    if (abandoned) continue;
    ++search.traces[machine.Trace()];
    search.results.insert(machine.Result());
  }
  search.progress = dfs->Progress();
  return search;
}

// Random programs over few objects, so that most steps depend on others. Locks are balanced.
Program RandomProgram(Random& random) {
  Program program;
  const int threads = 2 + static_cast<int>(random.Below(2));
  const int most_steps = threads == 2 ? 5 : 4;
  program.semaphores = {static_cast<int>(random.Below(2))};
  // Each program draws from a few kinds, so that each kind meets its like.
  static constexpr Do kKinds[] = {Do::kLoad,  Do::kStore,     Do::kStoreSum, Do::kAdd,
                                  Do::kCas,   Do::kLock,      Do::kTryLock,  Do::kWait,
                                  Do::kPost,  Do::kTimedWait, Do::kCondWait, Do::kSignal,
                                  Do::kSleep, Do::kReadClock, Do::kYield};
  std::vector<Do> palette;
  for (int i = 0; i < 3; ++i) palette.push_back(kKinds[random.Below(std::size(kKinds))]);
  for (int i = 0; i < 2; ++i) palette.push_back(kKinds[random.Below(4)]);
  for (int t = 0; t < threads; ++t) {
    std::vector<model::Instruction> code;
    int steps = 1 + static_cast<int>(random.Below(most_steps));
    while (steps > 0) {
      const Do what = palette[random.Below(static_cast<uint32_t>(palette.size()))];
      const int object = static_cast<int>(random.Below(2));
      const int value = 1 + static_cast<int>(random.Below(2));
      --steps;
      switch (what) {
        case Do::kLock:
          code.push_back({Do::kLock, object});
          if (random.Below(2) == 0) code.push_back({Do::kAdd, object, value});
          code.push_back({Do::kUnlock, object});
          --steps;
          break;
        case Do::kTryLock: {
          code.push_back({Do::kTryLock, object});
          const int after = static_cast<int>(code.size()) + 2;
          code.push_back({Do::kJumpIf, after, 0});
          code.push_back({Do::kUnlock, object});
          --steps;
          break;
        }
        case Do::kCondWait:
          code.push_back({Do::kLock, 0});
          code.push_back({Do::kCondWait, 0, 0});
          code.push_back({Do::kUnlock, 0});
          steps -= 3;
          break;
        case Do::kSignal:
          code.push_back({what, 0});
          break;
        case Do::kWait:
        case Do::kPost:
        case Do::kTimedWait:
          code.push_back({what, 0, value});
          break;
        case Do::kLoad:
          code.push_back({what, object, value});
          // Sometimes what comes next hangs on what was read.
          if (random.Below(3) == 0) {
            code.push_back({Do::kJumpIf, static_cast<int>(code.size()) + 2, 0});
            code.push_back({Do::kStore, static_cast<int>(random.Below(2)), value});
          }
          break;
        default:
          code.push_back({what, object, value});
      }
    }
    program.threads.push_back(code);
  }
  return program;
}

TEST(Dfs, IndependentThreadsAreOneTrace) {
  const Program program{.threads = {{{Do::kAdd, 0, 1}, {Do::kAdd, 0, 1}},
                                    {{Do::kAdd, 1, 1}, {Do::kAdd, 1, 1}},
                                    {{Do::kAdd, 2, 1}, {Do::kAdd, 2, 1}}}};
  for (const uint32_t preemptions : {0u, 1u, kUnbounded}) {
    const Search search = Explore(program, {.preemptions = preemptions});
    EXPECT_EQ(search.progress.executions, 1u);
    EXPECT_EQ(search.progress.bounded, 0u);
    EXPECT_TRUE(search.progress.exhausted);
  }
}

// Each trace is in one share, and every job has some: also where the threads do not meet before
// they have run for a while.
TEST(Dfs, SharesAreAlikeWhereThreadsMeetLate) {
  Program program;
  for (int i = 0; i < 4; ++i) {
    std::vector<model::Instruction> code(4, {Do::kAdd, i + 1, 1});
    code.insert(code.end(), 2, {Do::kStore, 0, i + 1});
    program.threads.push_back(code);
  }
  constexpr uint64_t kTraces = 2520;  // 8! / 2!^4
  for (const uint32_t shares : {2u, 4u}) {
    std::set<uint64_t> together;
    uint64_t executions = 0;
    for (uint32_t share = 1; share <= shares; ++share) {
      const Search search =
          Explore(program, {.preemptions = kUnbounded, .share = share, .shares = shares});
      EXPECT_TRUE(search.progress.exhausted);
      EXPECT_GT(search.progress.executions, kTraces / 100) << share << "/" << shares;
      executions += search.progress.executions;
      for (const auto& [trace, times] : search.traces) together.insert(trace);
    }
    EXPECT_EQ(together.size(), kTraces);
    EXPECT_EQ(executions, kTraces);
  }
}

// With a bound too, where what is shared is run more than once at most.
TEST(Dfs, SharesWithinABoundAreTheWhole) {
  Program program;
  for (int i = 0; i < 3; ++i) {
    program.threads.push_back({{Do::kAdd, 1 + i, 1}, {Do::kStore, 0, i + 1}, {Do::kLoad, 0}});
  }
  for (const uint32_t preemptions : {0u, 1u, 2u}) {
    const Search whole = Explore(program, {.preemptions = preemptions});
    std::set<uint64_t> traces;
    uint64_t executions = 0;
    for (uint32_t share = 1; share <= 2; ++share) {
      const Search part =
          Explore(program, {.preemptions = preemptions, .share = share, .shares = 2});
      EXPECT_GT(part.progress.executions, 0u);
      executions += part.progress.executions;
      for (const auto& [trace, times] : part.traces) traces.insert(trace);
    }
    EXPECT_EQ(traces.size(), whole.traces.size()) << preemptions;
    EXPECT_LE(executions, 2 * whole.progress.executions) << preemptions;
  }
}

// Nothing happens at all: the first job counts that.
TEST(Dfs, AnExecutionWithoutAStepIsInOneShare) {
  const Program program{.threads = {{{Do::kWait, 0}}}, .semaphores = {0}};
  uint64_t executions = 0;
  for (uint32_t share = 1; share <= 3; ++share) {
    executions += Explore(program, {.preemptions = kUnbounded, .share = share, .shares = 3})
                      .progress.executions;
  }
  EXPECT_EQ(executions, 1u);
}

TEST(Dfs, SharesOfRandomProgramsAreTheWhole) {
  Random random(11);
  for (int round = 0; round < 100; ++round) {
    const Program program = RandomProgram(random);
    const DfsOptions unbounded = {.preemptions = kUnbounded, .advances = kUnbounded};
    const Search whole = Explore(program, unbounded);
    uint64_t executions = 0;
    std::set<std::string> results;
    for (uint32_t share = 1; share <= 3; ++share) {
      DfsOptions options = unbounded;
      options.share = share;
      options.shares = 3;
      const Search part = Explore(program, options);
      executions += part.progress.executions;
      results.insert(part.results.begin(), part.results.end());
      EXPECT_EQ(part.progress.bounded, whole.progress.bounded) << round;
    }
    EXPECT_EQ(results, whole.results) << round;
    EXPECT_EQ(executions, whole.progress.executions) << round;
  }
}

// n writers of one variable: n! orders, all different.
TEST(Dfs, WritersOfOneVariable) {
  Program program;
  for (int i = 0; i < 4; ++i) program.threads.push_back({{Do::kStore, 0, i + 1}});
  const Search search = Explore(program, {.preemptions = kUnbounded});
  EXPECT_EQ(search.progress.executions, 24u);
  EXPECT_EQ(search.progress.abandoned, 0u);
}

// The example of Flanagan and Godefroid, section 1: with a shared index table and no collisions
// there is one trace, whatever the number of threads.
TEST(Dfs, ReadersDoNotRace) {
  Program program;
  for (int i = 0; i < 5; ++i) program.threads.push_back({{Do::kLoad, 0}, {Do::kAdd, i + 1, 1}});
  EXPECT_EQ(Explore(program, {.preemptions = kUnbounded}).progress.executions, 1u);
}

TEST(Dfs, FindsTheLostUpdate) {
  const std::vector<model::Instruction> increment = {{Do::kLoad, 0}, {Do::kStoreSum, 0, 1}};
  const Program program{.threads = {increment, increment}};
  EXPECT_EQ(Explore(program, {.preemptions = 0}).results.size(), 2u);
  const Search one = Explore(program, {.preemptions = 1});
  EXPECT_EQ(one.results, BruteForce(program, kNoBounds, kMostSchedules).results);
}

TEST(Dfs, SaysWhenTheBoundLeftSomethingOut) {
  const std::vector<model::Instruction> twice = {{Do::kAdd, 0, 1}, {Do::kAdd, 0, 1}};
  const Program program{.threads = {twice, twice}};
  EXPECT_GT(Explore(program, {.preemptions = 0}).progress.bounded, 0u);
  EXPECT_GT(Explore(program, {.preemptions = 1}).progress.bounded, 0u);
  // Three alternations: the most there can be.
  EXPECT_EQ(Explore(program, {.preemptions = 3}).progress.bounded, 0u);
  EXPECT_EQ(Explore(program, {.preemptions = kUnbounded}).progress.bounded, 0u);
}

TEST(Dfs, FindsTheLockOrderDeadlock) {
  const Program program{
      .threads = {{{Do::kLock, 0}, {Do::kLock, 1}, {Do::kUnlock, 1}, {Do::kUnlock, 0}},
                  {{Do::kLock, 1}, {Do::kLock, 0}, {Do::kUnlock, 0}, {Do::kUnlock, 1}}}};
  const Search search = Explore(program, {.preemptions = 1});
  EXPECT_EQ(search.results, BruteForce(program, kNoBounds, kMostSchedules).results);
  EXPECT_TRUE(std::any_of(search.results.begin(), search.results.end(), [](const std::string& r) {
    return r.find("stuck") != std::string::npos;
  }));
}

// A timeout and a post may come in either order, though the post does not touch the clock.
TEST(Dfs, TheClockRacesWithWhatEndsAWait) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const Search search = Explore(program, {.preemptions = 2, .advances = 1});
  EXPECT_EQ(search.results, BruteForce(program, kNoBounds, kMostSchedules).results);
  EXPECT_EQ(search.results.size(), 2u);
  EXPECT_EQ(Explore(program, {.preemptions = 2, .advances = 0}).results.size(), 1u);
}

// Without a bound every trace is run to its end exactly once.
TEST(Dfs, RunsEveryTraceOfRandomProgramsOnce) {
  Random random(20260601);
  int tried = 0;
  uint64_t traces = 0, abandoned = 0;
  for (int i = 0; i < 1500; ++i) {
    const Program program = RandomProgram(random);
    const Exploration all = BruteForce(program, kNoBounds, kMostSchedules);
    if (!all.complete) continue;
    ++tried;
    const Search search = Explore(program, {.preemptions = kUnbounded, .advances = kUnbounded});
    ASSERT_EQ(search.results, all.results) << "program " << i << "\n" << program.ToString();
    for (const auto& [trace, schedule] : all.traces) {
      ASSERT_TRUE(search.traces.contains(trace)) << "program " << i << "\n"
                                                 << program.ToString() << "not seen: " << schedule;
    }
    for (const auto& [trace, times] : search.traces) {
      ASSERT_TRUE(all.traces.contains(trace));
      ASSERT_EQ(times, 1) << "program " << i << "\n" << program.ToString();
    }
    ASSERT_EQ(search.progress.bounded, 0u);
    traces += search.progress.executions;
    abandoned += search.progress.abandoned;
  }
  EXPECT_GT(tried, 1000);
  RecordProperty("traces", std::to_string(traces));
  RecordProperty("abandoned", std::to_string(abandoned));
  // The reduction has to be one: few executions are started in vain.
  EXPECT_LT(abandoned, traces / 2);
}

// Within a bound every trace that some schedule within it shows is run at least once, and no
// schedule beyond it is.
TEST(Dfs, CoversTheBoundOfRandomPrograms) {
  Random random(20260602);
  int tried = 0;
  for (int i = 0; i < 1500; ++i) {
    const Program program = RandomProgram(random);
    const Bounds bounds{random.Below(4), random.Below(3)};
    const Exploration all = BruteForce(program, bounds, kMostSchedules);
    if (!all.complete) continue;
    ++tried;
    const Search search =
        Explore(program, {.preemptions = bounds.preemptions, .advances = bounds.advances});
    ASSERT_EQ(search.results, all.results)
        << "program " << i << ", at most " << bounds.preemptions << " preemptions and "
        << bounds.advances << " advances\n"
        << program.ToString();
    for (const auto& [trace, schedule] : all.traces) {
      ASSERT_TRUE(search.traces.contains(trace))
          << "program " << i << ", at most " << bounds.preemptions << " preemptions and "
          << bounds.advances << " advances\n"
          << program.ToString() << "not seen: " << schedule;
    }
    ASSERT_LE(search.most.preemptions, bounds.preemptions);
    ASSERT_LE(search.most.advances, bounds.advances);
    ASSERT_LE(search.progress.executions, all.schedules);
    ASSERT_TRUE(search.progress.exhausted);
    // Nothing left out: then the bound did not matter.
    if (search.progress.bounded == 0) {
      const Exploration unbounded = BruteForce(program, kNoBounds, kMostSchedules);
      if (!unbounded.complete) continue;
      ASSERT_EQ(search.traces.size(), unbounded.traces.size()) << "program " << i << "\n"
                                                               << program.ToString();
    }
  }
  EXPECT_GT(tried, 1000);
}

// A thread that spins, yielding, until another has stored: finite, and all of it is seen.
TEST(Dfs, EndsWithSpinningThreads) {
  const std::vector<model::Instruction> spin = {
      {Do::kLoad, 0}, {Do::kJumpIfNot, 4, 0}, {Do::kYield}, {Do::kJumpIf, 0, 0}, {Do::kAdd, 1, 1}};
  const Program program{.threads = {spin, spin, {{Do::kStore, 0, 1}}}};
  const Search search = Explore(program, {.preemptions = 2});
  EXPECT_TRUE(search.progress.exhausted);
  for (const std::string& result : search.results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
}

// The same with sleeps in place of yields.
TEST(Dfs, EndsWithSleepingThreads) {
  const std::vector<model::Instruction> poll = {{Do::kLoad, 0},
                                                {Do::kJumpIfNot, 4, 0},
                                                {Do::kSleep, 0, 1},
                                                {Do::kJumpIf, 0, 0},
                                                {Do::kAdd, 1, 1}};
  const Program program{.threads = {poll, {{Do::kLoad, 0}, {Do::kStore, 0, 1}}}};
  const Search search = Explore(program, {.preemptions = kUnbounded, .advances = kUnbounded});
  EXPECT_TRUE(search.progress.exhausted);
  EXPECT_GT(search.results.size(), 1u);
}

// Spins twice and then sleeps, as futex-based locks do: the lost wake-up behind it is found.
TEST(Dfs, SeesBeyondABoundedSpin) {
  const Program program{.threads = {{{Do::kLoad, 0},
                                     {Do::kJumpIfNot, 9, 0},
                                     {Do::kYield},
                                     {Do::kLoad, 0},
                                     {Do::kJumpIfNot, 9, 0},
                                     {Do::kYield},
                                     {Do::kLoad, 0},
                                     {Do::kJumpIfNot, 9, 0},
                                     {Do::kWait, 0}},
                                    {{Do::kStore, 0, 1}}},
                        .semaphores = {0}};
  const Search search = Explore(program, {.preemptions = 0});
  EXPECT_TRUE(std::any_of(search.results.begin(), search.results.end(), [](const std::string& r) {
    return r.find("stuck") != std::string::npos;
  }));
}

}  // namespace
}  // namespace heddle::sim
