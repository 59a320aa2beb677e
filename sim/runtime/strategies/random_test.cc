#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <span>
#include <vector>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::Private;
using model::Program;
using model::Sample;

// How often each schedule of the program comes.
std::map<std::string, int> Schedules(const Program& program, const RandomOptions& options,
                                     int executions) {
  std::map<std::string, int> count;
  const std::unique_ptr<Strategy> random = MakeRandom(options);
  for (const std::string& schedule : Sample(program, *random, executions).schedules) {
    ++count[schedule];
  }
  return count;
}

// A schedule comes with the product of 1 / (threads that can go on) over its points: 20 schedules
// of two threads of three steps each, which share points until one of them is at its end.
TEST(Random, EachScheduleComesAsOftenAsItsPointsSay) {
  constexpr int kSteps = 3, kExecutions = 20'000;
  Program program;
  program.threads.resize(2);
  for (int t = 0; t < 2; ++t) Private(program.threads[t], kSteps, t);
  const std::map<std::string, int> count = Schedules(program, {}, kExecutions);
  EXPECT_EQ(count.size(), 20u);
  for (const auto& [schedule, times] : count) {
    int left[2] = {kSteps, kSteps};
    int shared = 0;
    for (size_t i = 0; i < schedule.size(); i += 2) {
      shared += left[0] > 0 && left[1] > 0;
      --left[schedule[i] - '0'];
    }
    const double expected = kExecutions * std::pow(0.5, shared);
    EXPECT_NEAR(times, expected, 5 * std::sqrt(expected)) << schedule;
  }
}

// Time jumps at one point in `clock`; at none with 0.
TEST(Random, TimeJumpsAsOftenAsItIsTold) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const auto jumps = [&](uint32_t clock) {
    int jumped = 0;
    for (const auto& [schedule, times] : Schedules(program, {.clock = clock}, 2000)) {
      if (schedule.find("clock") != std::string::npos) jumped += times;
    }
    return jumped;
  };
  EXPECT_EQ(jumps(0), 0);
  const int rarely = jumps(32), often = jumps(4);
  EXPECT_GT(rarely, 0);
  EXPECT_GT(often, 2 * rarely);
}

// Main has just created thread 2, and thread 1 has not begun either.
class Beginning {
 public:
  // How often of `points` points main goes on, from a new execution on.
  int MainGoesOn(Strategy& random, int points, uint64_t seed) {
    random.NewExecution(Random(seed));
    last_.kind = OpKind::kThreadCreate;
    int times = 0;
    for (int i = 0; i < points; ++i) times += Choose(random, all_) == 0;
    return times;
  }
  // The same where it comes to an atomic operation.
  bool WorkGoesOn(Strategy& random, uint64_t seed) {
    random.NewExecution(Random(seed));
    last_.kind = OpKind::kThreadCreate;
    return Choose(random, works_) == 0;
  }
  uint32_t Choose(Strategy& random, std::span<const Candidate> candidates) {
    const uint32_t chosen = random.Choose({.candidates = candidates, .last = last_});
    last_ = work_;
    return chosen;
  }
  // Thread 1 has begun, thread 2 has not; main waits.
  std::span<const Candidate> OneHasBegun() { return one_begun_; }
  std::span<const Candidate> WithoutMain() { return std::span(all_).subspan(1); }

 private:
  const Operation start_ = {.kind = OpKind::kThreadStart}, work_ = {.kind = OpKind::kAtomicLoad};
  const Operation allocate_ = {.kind = OpKind::kAllocate};
  const std::vector<Candidate> all_ = {{0, &allocate_}, {1, &start_}, {2, &start_}};
  const std::vector<Candidate> works_ = {{0, &work_}, {1, &start_}, {2, &start_}};
  const std::vector<Candidate> one_begun_ = {{1, &work_}, {2, &start_}};
  Operation last_;
};

TEST(Random, NewThreadsWaitForEachOther) {
  Beginning beginning;
  int of_others = 0, second_first = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(beginning.MainGoesOn(*MakeRandom({.gather = 8}), 8, seed), 8);
    of_others += 100 - beginning.MainGoesOn(*MakeRandom({.gather = 8}), 100, seed);
    // Nobody else can go on: they begin, and none waits any more.
    const std::unique_ptr<Strategy> random = MakeRandom({.gather = 8});
    beginning.MainGoesOn(*random, 1, seed);
    beginning.Choose(*random, beginning.WithoutMain());
    second_first += beginning.Choose(*random, beginning.OneHasBegun()) == 1;
  }
  EXPECT_NEAR(of_others, 100 * 92 * 2 / 3, 300);
  EXPECT_NEAR(second_first, 50, 20);
}

TEST(Random, NewThreadsDoNotWaitForOneThatWorks) {
  Beginning beginning;
  const std::unique_ptr<Strategy> random = MakeRandom({.gather = 8});
  int main = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) main += beginning.WorkGoesOn(*random, seed);
  EXPECT_NEAR(main, 100, 40);
}

TEST(Random, WithoutGatheringNobodyWaits) {
  Beginning beginning;
  EXPECT_NEAR(beginning.MainGoesOn(*MakeRandom({}), 3000, 1), 1000, 150);
}

TEST(Random, IsDeterministic) {
  const Program program = model::SpinningProgram();
  const std::unique_ptr<Strategy> one = MakeRandom({}), other = MakeRandom({});
  EXPECT_EQ(Sample(program, *one, 100).schedules, Sample(program, *other, 100).schedules);
}

}  // namespace
}  // namespace heddle::sim
