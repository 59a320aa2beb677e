#include <gtest/gtest.h>

#include <cmath>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Private;
using model::Program;
using model::Sample;
using model::Samples;

// One delay: the reader runs between the first thread's two stores. `others` threads more do
// something of their own.
Program OneDelayBug(int others) {
  Program program;
  program.threads.resize(2);
  Private(program.threads[0], 6, 10);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[0].push_back({Do::kStore, 0, 0});
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 1);
  for (int i = 0; i < others; ++i) {
    program.threads.emplace_back();
    Private(program.threads.back(), 2, 20 + i);
  }
  return program;
}

// Two delays: the reader must also stop between its two reads.
Program TwoDelaysBug() {
  Program program = OneDelayBug(0);
  program.threads[0].pop_back();
  program.threads[0].push_back({Do::kStore, 0, 2});
  program.threads[1] = {{Do::kLoad, 0}, {Do::kJumpIfNot, 4, 1}, {Do::kLoad, 0}};
  FailIfReads(program.threads[1], 2);
  program.threads[1].insert(program.threads[1].begin() + 4, {Do::kAdd, 11, 1});
  return program;
}

// At least one in (d + 1) k^d executions, whatever the number of threads.
void ExpectGuarantee(const Program& program, uint32_t delays, int executions) {
  const std::unique_ptr<Strategy> delay = MakeDelay({.delays = delays});
  const Samples samples = Sample(program, *delay, executions);
  const double guarantee =
      1.0 / ((delays + 1) * std::pow(static_cast<double>(samples.longest), delays));
  EXPECT_GE(samples.failed, guarantee * executions) << samples.longest << " steps";
}

TEST(Delay, FindsBugsAsOftenAsTheBoundSays) {
  ExpectGuarantee(OneDelayBug(0), 1, 1000);
  ExpectGuarantee(OneDelayBug(6), 1, 2000);
  ExpectGuarantee(TwoDelaysBug(), 2, 5000);
}

TEST(Delay, WithoutDelaysThereIsOneSchedule) {
  const std::unique_ptr<Strategy> delay = MakeDelay({.delays = 0});
  const Samples samples = Sample(OneDelayBug(2), *delay, 50);
  EXPECT_EQ(std::set<std::string>(samples.schedules.begin(), samples.schedules.end()).size(), 1u);
  EXPECT_EQ(samples.failed, 0);
}

TEST(Delay, SpinningThreadsGiveWay) {
  const std::unique_ptr<Strategy> delay = MakeDelay({});
  for (const std::string& result : Sample(model::SpinningProgram(), *delay, 500).results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
}

TEST(Delay, LetsTimeoutsCome) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const std::unique_ptr<Strategy> delay = MakeDelay({.delays = 1});
  EXPECT_EQ(Sample(program, *delay, 100).results.size(), 2u);
}

TEST(Delay, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakeDelay({});
  const std::unique_ptr<Strategy> other = MakeDelay({});
  EXPECT_EQ(Sample(TwoDelaysBug(), *one, 50).schedules,
            Sample(TwoDelaysBug(), *other, 50).schedules);
}

}  // namespace
}  // namespace heddle::sim
