#include "sim/runtime/testing/litmus/observe.h"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "sim/runtime/runtime.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim::litmus {
namespace {

// An exhaustive search over the atomic operations alone: all others go first, in order, and the
// ends of threads last (they empty store buffers). The threads of a litmus test do nothing else
// that could matter.
class AtomicsOnly final : public Strategy {
 public:
  bool NewExecution(const Random&) override {
    depth_ = 0;
    if (std::exchange(first_, false)) return true;
    while (!path_.empty() && path_.back().chosen + 1 == path_.back().count) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().chosen;
    return true;
  }

  uint32_t Choose(const Point& point) override {
    std::vector<uint32_t> atomics;
    for (uint32_t i = 0; i < point.candidates.size(); ++i) {
      const OpKind kind = point.candidates[i].next->kind;
      if (kind == OpKind::kThreadExit) continue;
      if (kind < OpKind::kAtomicLoad || kind > OpKind::kFence) return i;
      atomics.push_back(i);
    }
    return atomics.empty() ? 0 : atomics[Branch(static_cast<uint32_t>(atomics.size()))];
  }

  uint32_t ChooseStore(const StoreChoice& choice) override { return Branch(choice.count); }

 private:
  struct Node {
    uint32_t chosen, count;
  };

  uint32_t Branch(uint32_t count) {
    if (count == 1) return 0;
    if (depth_ == path_.size()) path_.push_back({0, count});
    return path_[depth_++].chosen;
  }

  std::vector<Node> path_;
  size_t depth_ = 0;
  bool first_ = true;
};

// A strategy that decides as `strategy` does and says whether it abandoned the last execution: then
// the outcome is not one that it found.
class Watched final : public Strategy {
 public:
  explicit Watched(Strategy* strategy) : strategy_(strategy) {}
  bool abandoned() const { return abandoned_; }

  bool WantsObjects() const override { return strategy_->WantsObjects(); }
  StrategyProgress Progress() const override { return strategy_->Progress(); }
  bool NewExecution(const Random& random) override { return strategy_->NewExecution(random); }
  uint32_t Choose(const Point& point) override { return strategy_->Choose(point); }
  uint32_t ChooseStore(const StoreChoice& choice) override {
    return strategy_->ChooseStore(choice);
  }
  void StoresLeftOut() override { strategy_->StoresLeftOut(); }
  void Stuck(const Point& point) override { strategy_->Stuck(point); }
  void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) override {
    abandoned_ = end == ExecutionEnd::kAbandoned;
    strategy_->EndExecution(end, last_thread, last);
  }

 private:
  Strategy* const strategy_;
  bool abandoned_ = false;
};

struct Shared {
  std::atomic<int> at[kLocations] = {};
};

void Do(const Op& op, Shared* shared, std::vector<int>* reads) {
  std::atomic<int>& x = shared->at[op.location];
  const auto order = static_cast<std::memory_order>(op.order);
  switch (op.kind) {
    case Kind::kLoad:
      reads->push_back(x.load(order));
      break;
    case Kind::kStore:
      x.store(op.value, order);
      break;
    case Kind::kExchange:
      reads->push_back(x.exchange(op.value, order));
      break;
    case Kind::kCompareExchange: {
      int value = op.expected;
      x.compare_exchange_strong(value, op.value, order,
                                static_cast<std::memory_order>(FailureOrder(op.order)));
      reads->push_back(value);
      break;
    }
    case Kind::kFence:
      std::atomic_thread_fence(order);
      break;
  }
}

Outcome RunOnce(const Program& program) {
  auto shared = std::make_unique<Shared>();
  std::vector<std::vector<int>> reads(program.size());
  std::vector<std::thread> threads;
  for (size_t t = 0; t < program.size(); ++t) {
    reads[t].reserve(program[t].size());
    threads.emplace_back([&, t] {
      for (const Op& op : program[t]) Do(op, shared.get(), &reads[t]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Outcome outcome;
  for (const std::vector<int>& read : reads)
    outcome.insert(outcome.end(), read.begin(), read.end());
  for (const std::atomic<int>& x : shared->at) outcome.push_back(x.load(std::memory_order_seq_cst));
  return outcome;
}

}  // namespace

Observed Observe(const Program& program, MemoryModel memory, Search search) {
  constexpr uint64_t kMostExecutions = 3'000'000;  // a program of a dozen operations has fewer
  Observed observed;
  Outcome outcome;
  AtomicsOnly all;
  const std::unique_ptr<Strategy> dfs =
      MakeDfs({.preemptions = kUnbounded, .advances = kUnbounded});
  Watched strategy(search == Search::kDfs ? dfs.get() : &all);
  RunOptions options;
  options.strategy_object = &strategy;
  options.executions = kMostExecutions;
  options.spec.memory = memory;
  options.after_execution = [&] {
    if (strategy.abandoned()) {
      ++observed.abandoned;
    } else {
      observed.outcomes.insert(outcome);
    }
    return true;
  };
  const RunResult result = Run(options, [&] { outcome = RunOnce(program); });
  observed.executions = result.executions;
  observed.exhausted = result.exhausted && result.progress.bounded == 0;
  return observed;
}

uint64_t CountOf(const Program& program, MemoryModel memory, Strategy* strategy,
                 uint64_t executions, const Outcome& outcome) {
  uint64_t count = 0;
  Outcome last;
  RunOptions options;
  options.strategy_object = strategy;
  options.executions = executions;
  options.spec.memory = memory;
  options.after_execution = [&] {
    if (last == outcome) ++count;
    return true;
  };
  Run(options, [&] { last = RunOnce(program); });
  return count;
}

}  // namespace heddle::sim::litmus
