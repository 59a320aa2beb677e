#include "sim/runtime/strategies/auto.h"

#include <gtest/gtest.h>

#include <map>

#include "sim/runtime/strategies/order.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Private;
using model::Program;

Program Small() {
  Program program;
  program.threads.resize(2);
  Private(program.threads[0], 6, 10);
  program.threads[0].push_back({Do::kStore, 0, 1});
  program.threads[1] = {{Do::kLoad, 0}, {Do::kAdd, 1, 1}};
  return program;
}

// How often each plan is taken, by its arm.
std::map<uint32_t, int> Taken(Strategy& strategy, const Program& program, int executions) {
  std::map<uint32_t, int> taken;
  for (int i = 0; i < executions; ++i) {
    strategy.NewExecution(Random(i));
    EXPECT_NE(strategy.Plan(), nullptr);
    ++taken[strategy.Plan()->arm];
    model::RunOnce(program, strategy);
  }
  return taken;
}

// A load that mostly has a choice of stores, where memory is weak.
Program WithChoices() {
  Program program{.threads = {{{Do::kStore, 0, 1}}, {}}, .weak = true};
  Private(program.threads[1], 6, 10);
  program.threads[1].push_back({Do::kLoad, 0});
  return program;
}

TEST(Auto, EveryArmIsTaken) {
  const AutoOptions options = {.sites = 1};
  const std::vector<AutoArm> arms = ArmsOf(options);
  const std::map<uint32_t, int> taken = Taken(*MakeAuto(options), WithChoices(), 2000);
  EXPECT_EQ(taken.size(), arms.size());
  uint32_t all = 0;
  for (const AutoArm& arm : arms) all += arm.share;
  // Nothing is told to be new: in the long run all are worth the same.
  for (const AutoArm& arm : arms) {
    const double share = 2000.0 * arm.share / all;
    EXPECT_GT(taken.at(arm.plan.arm), share / 3) << arm.plan.strategy.ToString();
    EXPECT_LT(taken.at(arm.plan.arm), share * 3) << arm.plan.strategy.ToString();
  }
}

// An arm that goes on to show something new gets more executions, and the others keep a part.
TEST(Auto, MovesToWhatShowsSomethingNew) {
  const std::unique_ptr<Strategy> strategy = MakeAuto({});
  const Program program = Small();
  const auto is_good = [&] { return strategy->Plan()->arm == 4; };
  std::map<uint32_t, int> late;
  for (int i = 0; i < 3000; ++i) {
    strategy->NewExecution(Random(i));
    if (i >= 2000) ++late[strategy->Plan()->arm];
    strategy->News(is_good() ? 1 : 0, false);
    model::RunOnce(program, *strategy);
  }
  EXPECT_EQ(late.size(), ArmsOf({}).size());
  uint32_t all = 0;
  for (const AutoArm& arm : ArmsOf({})) all += arm.share;
  const double share = 1000.0 * ArmsOf({})[3].share / all;
  EXPECT_GT(late[4], share * 2);
}

// Where no load has a choice, the arms of weak memory show what the others do.
TEST(Auto, WeakMemoryIsHardlyTakenWhereItChangesNothing) {
  const std::vector<AutoArm> arms = ArmsOf({});
  const auto weak = [&](const Program& program) {
    int executions = 0;
    for (const auto& [arm, times] : Taken(*MakeAuto({}), program, 2000)) {
      executions += arms[arm - 1].plan.memory != MemoryModel::kSc ? times : 0;
    }
    return executions;
  };
  const int with = weak(WithChoices()), without = weak(Small());
  EXPECT_GT(with, 2000 / 8);
  EXPECT_GT(without, 0);
  EXPECT_LT(without, with / 4);
}

// Under weak memory pctwm learns from the reads that it picked alone, as it does by itself; the
// other arms read old stores at random.
TEST(Auto, PctwmChoosesItsStores) {
  const std::vector<AutoArm> arms = ArmsOf({});
  const std::unique_ptr<Strategy> strategy = MakeAuto({});
  Program program{.threads = {{{Do::kStore, 0, 1}}, {}}, .weak = true};
  for (int i = 0; i < 6; ++i) program.threads[1].push_back({Do::kStore, 10, 1});
  for (int i = 0; i < 20; ++i) program.threads[1].push_back({Do::kLoad, 0});
  // Whether a load saw the store.
  std::map<bool, int> seen, executions;
  for (int i = 0; i < 4000; ++i) {
    strategy->NewExecution(Random(i));
    const ExecutionPlan plan = *strategy->Plan();
    const std::string result = model::RunOnce(program, *strategy).Result();
    if (plan.memory == MemoryModel::kSc) continue;
    const bool pctwm = plan.strategy.name == "pctwm";
    ++executions[pctwm];
    seen[pctwm] += result.find("1 ", result.find(" 1(")) < result.rfind(')');
  }
  ASSERT_GT(executions[true], 50);
  // At most two of twenty loads are picked, and half of the time they read the old store.
  EXPECT_LT(seen[true] * 10, executions[true] * 9);
  EXPECT_GT(seen[false] * 10, executions[false] * 5);
}

TEST(Auto, TakesOnlyWhatItMay) {
  for (const AutoArm& arm : ArmsOf({.memory = 0, .c11 = 0})) {
    EXPECT_EQ(arm.plan.preempt, Preempt::kSync);
    EXPECT_EQ(arm.plan.memory, MemoryModel::kSc);
  }
  for (const AutoArm& arm : ArmsOf({.sync = 0, .sc = 0})) {
    EXPECT_EQ(arm.plan.preempt, Preempt::kMemory);
    EXPECT_EQ(arm.plan.memory, MemoryModel::kC11);
  }
  for (const AutoArm& arm : ArmsOf({.sc = 0, .c11 = 0, .tso = 1})) {
    EXPECT_EQ(arm.plan.memory, MemoryModel::kTso);
  }
  // Those of sites come last: the others keep their numbers.
  const std::vector<AutoArm> without = ArmsOf({}), with = ArmsOf({.sites = 1});
  ASSERT_GT(with.size(), without.size());
  for (size_t i = 0; i < without.size(); ++i) EXPECT_EQ(with[i].plan, without[i].plan);
}

TEST(Auto, FirstExecutionsHavePointsAtSynchronisationOnly) {
  const std::unique_ptr<Strategy> strategy = MakeAuto({});
  for (int i = 0; i < 7; ++i) {
    strategy->NewExecution(Random(i));
    EXPECT_EQ(strategy->Plan()->preempt, Preempt::kSync);
    EXPECT_EQ(strategy->Plan()->memory, MemoryModel::kSc);
    model::RunOnce(Small(), *strategy);
  }
}

// Nothing is known yet: all threads begin together, and most loads read an old store.
TEST(Auto, TheFirstExecutionLetsThreadsBeginTogether) {
  Program program{.threads = {{{Do::kStore, 0, 1}}, {}}, .weak = true};
  for (int i = 0; i < 20; ++i) program.threads[1].push_back({Do::kAdd, 10, 1});
  program.threads[1].push_back({Do::kLoad, 0});
  int old = 0;
  for (int i = 0; i < 200; ++i) {
    const std::unique_ptr<Strategy> strategy = MakeAuto({.memory = 0, .sc = 0});
    strategy->NewExecution(Random(i));
    EXPECT_EQ(strategy->Plan()->strategy.ToString(), "random:gather=32");
    const std::string result = model::RunOnce(program, *strategy).Result();
    old += result.find("0 ", result.find(" 1(")) < result.rfind(')');
  }
  EXPECT_GT(old, 100) << model::RunOnce(program, *MakeAuto({})).Result();
}

// Where memory is weak in all executions, so do the first two.
TEST(Auto, MoreExecutionsLetThreadsBeginTogetherWhereMemoryIsWeak) {
  const auto gathered = [](const AutoOptions& options) {
    const std::unique_ptr<Strategy> strategy = MakeAuto(options);
    int executions = 0;
    while (true) {
      strategy->NewExecution(Random(executions));
      if (strategy->Plan()->arm != 1) return executions;
      ++executions;
      model::RunOnce(Small(), *strategy);
    }
  };
  EXPECT_GE(gathered({.sc = 0}), 2);
  EXPECT_GE(gathered({.sc = 0, .c11 = 0, .tso = 1}), 2);
  EXPECT_EQ(gathered({}), 1);
}

TEST(Auto, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakeAuto({}), other = MakeAuto({});
  EXPECT_EQ(model::Sample(Small(), *one, 200).schedules,
            model::Sample(Small(), *other, 200).schedules);
}

}  // namespace
}  // namespace heddle::sim
