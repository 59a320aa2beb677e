// Exhaustive search: a counter over all choices, of threads and (under a weak memory model) of
// stores. Each execution repeats the one before up to its last choice that has a candidate left,
// takes the next candidate there, and the first one from then on.
//
// No reduction, no bound, no fairness: what it finds does not rest on which operations count as
// independent. It is the measure of dfs.cc.
#include <vector>

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

class Exhaustive final : public Strategy {
 public:
  StrategyProgress Progress() const override {
    return {.executions = executions_, .bounded = left_out_, .exhausted = exhausted_};
  }

  bool NewExecution(const Random&) override {
    depth_ = 0;
    return !exhausted_;
  }

  uint32_t Choose(const Point& point) override {
    return Next(static_cast<uint32_t>(point.candidates.size()));
  }

  uint32_t ChooseStore(const StoreChoice& choice) override { return Next(choice.count); }
  void StoresLeftOut() override { ++left_out_; }

  void EndExecution(ExecutionEnd, ThreadNumber, const Operation&) override {
    ++executions_;
    while (!path_.empty() && path_.back().chosen + 1 == path_.back().candidates) path_.pop_back();
    if (path_.empty()) {
      exhausted_ = true;
    } else {
      ++path_.back().chosen;
    }
  }

 private:
  uint32_t Next(uint32_t candidates) {
    if (depth_ == path_.size()) path_.push_back({0, candidates});
    return path_[depth_++].chosen;
  }

  struct Choice {
    uint32_t chosen;
    uint32_t candidates;
  };

  std::vector<Choice> path_;  // of the current execution
  size_t depth_ = 0;          // how far it has come
  uint64_t executions_ = 0;
  uint64_t left_out_ = 0;  // loads that could have read stores that were not offered
  bool exhausted_ = false;
};

}  // namespace

std::unique_ptr<Strategy> MakeExhaustive() { return std::make_unique<Exhaustive>(); }

}  // namespace heddle::sim
