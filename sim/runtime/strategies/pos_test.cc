#include <gtest/gtest.h>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::Exploration;
using model::FailIfReads;
using model::Instruction;
using model::Private;
using model::Program;
using model::Sample;
using model::Samples;

// One racing step each, behind and among steps that commute with everything.
Program DilutedRace(int diluted_by) {
  Program program;
  program.threads.resize(2);
  Private(program.threads[0], diluted_by, 10);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 1);
  return program;
}

// The late order of a race behind m commuting steps comes up once in m + 2, not once in 2^(m+1):
// the other thread's priority must be the lowest of m + 2 draws.
TEST(Pos, CommutingStepsDiluteLinearly) {
  constexpr int kExecutions = 4000;
  for (const int diluted_by : {4, 20, 60}) {
    const std::unique_ptr<Strategy> pos = MakePos({});
    const int failed = Sample(DilutedRace(diluted_by), *pos, kExecutions).failed;
    const double expected = static_cast<double>(kExecutions) / (diluted_by + 2);
    EXPECT_GT(failed, expected * 0.7);
    EXPECT_LT(failed, expected * 1.3);
  }
  model::Uniform uniform;
  EXPECT_EQ(Sample(DilutedRace(20), uniform, kExecutions).failed, 0);
}

// After a step, the operations that race with it draw again. Without that, a thread with a high
// priority in front of a long run of one other thread's writes would come first or last, hardly
// ever in the middle; with it, each of the m + 1 places has a chance of at least 1/2^(m+1).
TEST(Pos, RacesAreDecidedAfresh) {
  constexpr int kWrites = 4;
  Program program;
  program.threads.resize(2);
  for (int i = 1; i <= kWrites; ++i) program.threads[0].push_back({Do::kStore, 0, i});
  program.threads[1].push_back({Do::kLoad, 0});
  const std::unique_ptr<Strategy> pos = MakePos({});
  std::map<std::string, int> places;
  for (const std::string& schedule : Sample(program, *pos, 3200).schedules) ++places[schedule];
  EXPECT_EQ(places.size(), kWrites + 1u);
  for (const auto& [schedule, times] : places) EXPECT_GT(times, 3200 / 40) << schedule;
}

// Every result that any schedule has is sampled.
TEST(Pos, ReachesAllResultsOfASmallProgram) {
  const std::vector<Instruction> locked = {
      {Do::kLock, 0}, {Do::kLoad, 0}, {Do::kStoreSum, 0, 1}, {Do::kUnlock, 0}};
  const std::vector<Instruction> unlocked = {{Do::kLoad, 0}, {Do::kStoreSum, 0, 1}};
  const Program program{.threads = {locked, unlocked, unlocked}};
  const Exploration all = BruteForce(program, {kUnbounded, kUnbounded}, 100'000);
  ASSERT_TRUE(all.complete);
  const std::unique_ptr<Strategy> pos = MakePos({});
  EXPECT_EQ(Sample(program, *pos, 2000).results, all.results);
}

TEST(Pos, SpinningThreadsGiveWay) {
  const std::unique_ptr<Strategy> pos = MakePos({});
  const Samples samples = Sample(model::SpinningProgram(), *pos, 500);
  EXPECT_LT(samples.longest, 60u);
  for (const std::string& result : samples.results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
}

TEST(Pos, TimeMayJumpAheadOfRunnableThreads) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const std::unique_ptr<Strategy> pos = MakePos({});
  EXPECT_EQ(Sample(program, *pos, 200).results.size(), 2u);
}

TEST(Pos, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakePos({});
  const std::unique_ptr<Strategy> other = MakePos({});
  EXPECT_EQ(Sample(DilutedRace(5), *one, 50).schedules,
            Sample(DilutedRace(5), *other, 50).schedules);
}

}  // namespace
}  // namespace heddle::sim
