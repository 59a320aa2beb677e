#include <gtest/gtest.h>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Instruction;
using model::Private;
using model::Program;
using model::Sample;
using model::Samples;

// Depth 1: one thread's first step must come after everything the other does.
Program OrderBug() {
  Program program;
  program.threads.resize(2);
  Private(program.threads[0], 30, 10);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 1);
  return program;
}

// Depth 2: between two given steps of one thread the other runs.
Program AtomicityBug() {
  Program program;
  program.threads.resize(2);
  for (int t = 0; t < 2; ++t) Private(program.threads[t], 8, 10 + t);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[0].push_back({Do::kStore, 0, 0});
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 1);
  return program;
}

// Depth 3: the second thread's two steps must fall before and after the first one's second.
Program TwoWindowsBug() {
  Program program;
  program.threads.resize(2);
  for (int t = 0; t < 2; ++t) Private(program.threads[t], 3, 10 + t);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[0].push_back({Do::kStore, 0, 2});
  std::vector<Instruction>& reader = program.threads[1];
  reader.push_back({Do::kLoad, 0});
  reader.push_back({Do::kJumpIfNot, 8, 1});
  reader.push_back({Do::kLoad, 0});
  FailIfReads(reader, 2);
  reader.insert(reader.begin() + 8, {Do::kAdd, 11, 1});
  return program;
}

// The theorem: at least one in n k^(d-1) executions finds the bug, k being the longest execution.
void ExpectGuarantee(const Program& program, uint32_t depth, int executions) {
  const std::unique_ptr<Strategy> pct = MakePct({.depth = depth});
  const Samples samples = Sample(program, *pct, executions);
  double guarantee = 1.0 / static_cast<double>(program.threads.size());
  for (uint32_t i = 1; i < depth; ++i) guarantee /= static_cast<double>(samples.longest);
  EXPECT_GE(samples.failed, guarantee * executions) << samples.longest << " steps";
}

TEST(Pct, FindsBugsAsOftenAsTheTheoremSays) {
  ExpectGuarantee(OrderBug(), 1, 500);
  ExpectGuarantee(AtomicityBug(), 2, 2000);
  ExpectGuarantee(TwoWindowsBug(), 3, 5000);
}

TEST(Pct, DepthOneKeepsItsOrderOfThreads) {
  // No change points: whoever has the higher priority runs to its end. Two schedules.
  const std::unique_ptr<Strategy> pct = MakePct({.depth = 1});
  const Samples samples = Sample(AtomicityBug(), *pct, 100);
  EXPECT_EQ(std::set<std::string>(samples.schedules.begin(), samples.schedules.end()).size(), 2u);
  EXPECT_EQ(samples.failed, 0);
}

TEST(Pct, BeatsRandomWhereTheOrderIsRare) {
  const std::unique_ptr<Strategy> pct = MakePct({.depth = 1});
  model::Uniform uniform;
  EXPECT_GT(Sample(OrderBug(), *pct, 500).failed, 100);
  EXPECT_EQ(Sample(OrderBug(), uniform, 500).failed, 0);
}

TEST(Pct, LearnsTheNumberOfSteps) {
  // Given, k holds from the first execution on; learnt, the first one has no change points.
  const std::unique_ptr<Strategy> given = MakePct({.depth = 30, .steps = 18});
  const std::unique_ptr<Strategy> learnt = MakePct({.depth = 30});
  const auto switches = [](const std::string& schedule) {
    int count = 0;
    for (size_t i = 2; i < schedule.size(); i += 2) count += schedule[i] != schedule[i - 2];
    return count;
  };
  const Samples with_k = Sample(AtomicityBug(), *given, 2);
  const Samples without_k = Sample(AtomicityBug(), *learnt, 2);
  EXPECT_GT(switches(with_k.schedules[0]), 1);
  EXPECT_EQ(switches(without_k.schedules[0]), 1);
  EXPECT_GT(switches(without_k.schedules[1]), 1);
}

// A quarter of the executions is a hundred times as long as those that can show the bug. With their
// length as k, a change point would hardly ever come before the end of the others.
TEST(Pct, LongExecutionsDoNotHideTheLengthOfOthers) {
  Program program;
  program.threads.resize(4);
  program.threads[0] = {{Do::kLoad, 0},           {Do::kJumpIfNot, 4, 2}, {Do::kAdd, 5, 1},
                        {Do::kJumpIfNot, 2, 600}, {Do::kStore, 1, 1},     {Do::kStore, 1, 0}};
  Private(program.threads[1], 4, 11);
  program.threads[1].push_back({Do::kLoad, 1});
  FailIfReads(program.threads[1], 1);
  program.threads[2] = program.threads[3] = {{Do::kAdd, 0, 1}};
  const std::unique_ptr<Strategy> pct = MakePct({.depth = 2});
  const Samples samples = Sample(program, *pct, 2000);
  EXPECT_GT(samples.longest, 600u);
  EXPECT_GE(samples.failed, 30);
}

TEST(Pct, SpinningThreadsGiveWay) {
  const std::unique_ptr<Strategy> pct = MakePct({.depth = 3});
  const Samples samples = Sample(model::SpinningProgram(), *pct, 500);
  EXPECT_LT(samples.longest, 40u);
  for (const std::string& result : samples.results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
}

TEST(Pct, TimeMayJumpAheadOfRunnableThreads) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const std::unique_ptr<Strategy> pct = MakePct({.depth = 2});
  EXPECT_EQ(Sample(program, *pct, 100).results.size(), 2u);
}

TEST(Pct, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakePct({.depth = 3});
  const std::unique_ptr<Strategy> other = MakePct({.depth = 3});
  EXPECT_EQ(Sample(TwoWindowsBug(), *one, 50).schedules,
            Sample(TwoWindowsBug(), *other, 50).schedules);
}

}  // namespace
}  // namespace heddle::sim
