#include <gtest/gtest.h>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Private;
using model::Program;
using model::Sample;

// One thread's plain variable is 1 for one step in the middle of much else; another reads it once,
// in the middle of as much.
Program NarrowWindow() {
  constexpr int kElsewhere = 60;
  Program program;
  program.threads.resize(2);
  Private(program.threads[0], kElsewhere, 10);
  program.threads[0].push_back({Do::kPlainStore, 0, 1});
  program.threads[0].push_back({Do::kPlainStore, 0, 0});
  Private(program.threads[0], kElsewhere, 10);
  Private(program.threads[1], kElsewhere, 11);
  program.threads[1].push_back({Do::kPlainLoad, 0});
  FailIfReads(program.threads[1], 1);
  Private(program.threads[1], kElsewhere, 11);
  return program;
}

TEST(Race, ThreadsMeetAtTheAccesses) {
  constexpr int kExecutions = 400;
  const std::unique_ptr<Strategy> race = MakeRace();
  const int steered = Sample(NarrowWindow(), *race, kExecutions).failed;
  model::Uniform uniform;
  const int blind = Sample(NarrowWindow(), uniform, kExecutions).failed;
  EXPECT_GT(steered, kExecutions / 20);
  EXPECT_GT(steered, 2 * blind) << blind;
}

// Both sides of a race come first, and reads do not race with one another.
TEST(Race, EitherSideMayGoFirst) {
  Program program;
  program.threads = {{{Do::kPlainStore, 0, 1}}, {{Do::kPlainLoad, 0}}, {{Do::kPlainLoad, 0}}};
  const std::unique_ptr<Strategy> race = MakeRace();
  // Each reader has seen 0 or 1.
  EXPECT_EQ(Sample(program, *race, 400).results.size(), 4u);
}

// A held thread is let go although nobody comes: here it alone can end the other's wait.
TEST(Race, AHoldEnds) {
  Program program;
  program.threads = {{{Do::kPlainStore, 0, 1}, {Do::kPost, 1}}, {{Do::kWait, 1}}};
  program.semaphores = {0, 0};
  const std::unique_ptr<Strategy> race = MakeRace();
  EXPECT_EQ(Sample(program, *race, 100).results.size(), 1u);
}

}  // namespace
}  // namespace heddle::sim
