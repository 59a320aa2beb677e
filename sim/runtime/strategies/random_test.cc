#include <gtest/gtest.h>

#include <cmath>
#include <map>

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

TEST(Random, IsDeterministic) {
  const Program program = model::SpinningProgram();
  const std::unique_ptr<Strategy> one = MakeRandom({}), other = MakeRandom({});
  EXPECT_EQ(Sample(program, *one, 100).schedules, Sample(program, *other, 100).schedules);
}

}  // namespace
}  // namespace heddle::sim
