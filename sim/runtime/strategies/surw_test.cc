#include <gtest/gtest.h>

#include <map>
#include <sstream>

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

constexpr int kShared = 0;

// `events` accesses to the shared variable, each behind `apart` steps that nobody takes note of.
std::vector<Instruction> Accesses(int events, int apart, int own) {
  std::vector<Instruction> code;
  for (int i = 0; i < events; ++i) {
    Private(code, apart, own);
    code.push_back({Do::kAdd, kShared, 1});
  }
  return code;
}

// The order of the accesses to the shared variable: the thread of each.
std::string OrderOf(const Program& program, const std::string& schedule) {
  std::vector<size_t> done(program.threads.size());
  std::string order;
  std::istringstream steps(schedule);
  for (size_t thread; steps >> thread;) {
    if (program.threads[thread][done[thread]++].object == kShared) order += std::to_string(thread);
  }
  return order;
}

std::map<std::string, int> CountOrders(const Program& program, Strategy& strategy, int executions) {
  std::map<std::string, int> orders;
  for (const std::string& schedule : Sample(program, strategy, executions).schedules) {
    ++orders[OrderOf(program, schedule)];
  }
  return orders;
}

// The theorem: of the C(6, 3) = 20 orders each comes once in twenty, whatever lies between.
TEST(Surw, EachOrderOfTheSharedAccessesIsAsLikely) {
  constexpr int kExecutions = 4000;
  for (const auto& [apart0, apart1] : {std::pair{0, 0}, {0, 3}, {10, 0}, {7, 2}}) {
    const Program program{.threads = {Accesses(3, apart0, 10), Accesses(3, apart1, 11)}};
    const std::unique_ptr<Strategy> surw = MakeSurw({});
    const std::map<std::string, int> orders = CountOrders(program, *surw, kExecutions);
    EXPECT_EQ(orders.size(), 20u);
    for (const auto& [order, times] : orders) {
      EXPECT_GT(times, kExecutions / 20 * 0.7) << order << " " << apart0 << " " << apart1;
      EXPECT_LT(times, kExecutions / 20 * 1.3) << order << " " << apart0 << " " << apart1;
    }
  }
  // A random walk has three times its share of the orders that begin with all of one thread.
  const Program program{.threads = {Accesses(3, 0, 10), Accesses(3, 0, 11)}};
  model::Uniform uniform;
  EXPECT_GT(CountOrders(program, uniform, kExecutions)["000111"], kExecutions / 20 * 2);
}

// Threads of unequal lengths: C(8, 2) = 28 orders.
TEST(Surw, ThreadsHaveTheirShareOfEvents) {
  constexpr int kExecutions = 5600;
  const Program program{.threads = {Accesses(6, 0, 10), Accesses(2, 0, 11)}};
  const std::unique_ptr<Strategy> surw = MakeSurw({});
  const std::map<std::string, int> orders = CountOrders(program, *surw, kExecutions);
  EXPECT_EQ(orders.size(), 28u);
  for (const auto& [order, times] : orders) {
    EXPECT_GT(times, 200 * 0.65) << order;
    EXPECT_LT(times, 200 * 1.35) << order;
  }
}

// The last of n threads must come first: once in n, where a random walk has it hardly ever.
TEST(Surw, FindsARareOrderOfManyThreads) {
  Program program;
  program.threads.resize(12);
  for (int t = 0; t < 11; ++t) program.threads[t] = {{Do::kStore, kShared, 1}};
  Private(program.threads[11], 20, 10);
  program.threads[11].push_back({Do::kLoad, kShared});
  FailIfReads(program.threads[11], 0);
  const std::unique_ptr<Strategy> surw = MakeSurw({});
  const int failed = Sample(program, *surw, 1200).failed;
  EXPECT_GT(failed, 60);
  EXPECT_LT(failed, 180);
  model::Uniform uniform;
  EXPECT_LT(Sample(program, uniform, 1200).failed, 5);
}

TEST(Surw, LocksMakeNobodyStuck) {
  const std::vector<Instruction> code = {{Do::kLock, 1},   {Do::kAdd, 0, 1}, {Do::kLock, 2},
                                         {Do::kUnlock, 2}, {Do::kUnlock, 1}, {Do::kAdd, 0, 1}};
  const Program program{.threads = {code, code, code}};
  const std::unique_ptr<Strategy> surw = MakeSurw({});
  for (const std::string& result : Sample(program, *surw, 500).results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
}

TEST(Surw, SpinningThreadsGiveWay) {
  const std::unique_ptr<Strategy> surw = MakeSurw({});
  EXPECT_LT(Sample(model::SpinningProgram(), *surw, 500).longest, 1000u);
}

TEST(Surw, TimeMayJumpAheadOfRunnableThreads) {
  const Program program{.threads = {{{Do::kTimedWait, 0, 5}}, {{Do::kAdd, 7, 1}, {Do::kPost, 0}}},
                        .semaphores = {0}};
  const std::unique_ptr<Strategy> surw = MakeSurw({.clock = 8});
  EXPECT_EQ(Sample(program, *surw, 300).results.size(), 2u);
}

TEST(Surw, IsDeterministic) {
  const Program program{.threads = {Accesses(3, 2, 10), Accesses(2, 1, 11)}};
  const std::unique_ptr<Strategy> one = MakeSurw({});
  const std::unique_ptr<Strategy> other = MakeSurw({});
  EXPECT_EQ(Sample(program, *one, 50).schedules, Sample(program, *other, 50).schedules);
}

}  // namespace
}  // namespace heddle::sim
