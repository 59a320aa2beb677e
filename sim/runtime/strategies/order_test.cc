#include "sim/runtime/strategies/order.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::Machine;
using model::Program;
using model::RunOnce;

// Equal traces have equal orders, different traces different ones, over many schedules of a program
// with writers, readers, a lock and a condition.
TEST(Order, TellsTracesApart) {
  const Program program{
      .threads = {{{Do::kLock, 0}, {Do::kAdd, 0, 1}, {Do::kUnlock, 0}, {Do::kLoad, 1}},
                  {{Do::kStore, 1, 1}, {Do::kLoad, 2}, {Do::kCas, 3, 1}},
                  {{Do::kLoad, 2}, {Do::kTryLock, 0}, {Do::kCas, 3, 2}}}};
  const std::unique_ptr<Strategy> counting = CountOrders(std::make_unique<model::Uniform>());
  std::map<uint64_t, uint64_t> order_of;  // by trace
  std::set<uint64_t> orders;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(counting->NewExecution(Random(i)));
    const Machine machine = RunOnce(program, *counting);
    const auto [known, inserted] = order_of.try_emplace(machine.Trace(), counting->Order());
    EXPECT_EQ(known->second, counting->Order());
    orders.insert(counting->Order());
  }
  EXPECT_EQ(orders.size(), order_of.size());
  EXPECT_EQ(orders.size(), 10u);
}

TEST(Order, DecidesAsTheStrategyInside) {
  const std::unique_ptr<Strategy> alone = MakePos({});
  const std::unique_ptr<Strategy> counting = CountOrders(MakePos({}));
  EXPECT_EQ(Sample(model::SpinningProgram(), *alone, 50).schedules,
            Sample(model::SpinningProgram(), *counting, 50).schedules);
}

// Each complete execution of an unbounded search is an order of its own.
TEST(Order, AgreesWithTheSearch) {
  const Program program{.threads = {{{Do::kStore, 0, 1}, {Do::kLoad, 1}},
                                    {{Do::kStore, 1, 1}, {Do::kLoad, 0}},
                                    {{Do::kAdd, 0, 1}, {Do::kAdd, 1, 1}}}};
  const std::unique_ptr<Strategy> search = CountOrders(MakeDfs({.preemptions = kUnbounded}));
  std::set<uint64_t> orders;
  while (search->NewExecution(Random(1))) {
    bool abandoned = false;
    RunOnce(program, *search, &abandoned);
    if (!abandoned) orders.insert(search->Order());
  }
  EXPECT_EQ(orders.size(), search->Progress().executions);
}

}  // namespace
}  // namespace heddle::sim
