#include "sim/runtime/strategies/stale_reads.h"

#include <iterator>
#include <utility>

namespace heddle::sim {
namespace {

class StaleReads final : public Strategy {
 public:
  StaleReads(std::unique_ptr<Strategy> strategy, uint32_t rate)
      : strategy_(std::move(strategy)), fixed_rate_(rate) {}

  bool WantsObjects() const override { return strategy_->WantsObjects(); }
  StrategyProgress Progress() const override { return strategy_->Progress(); }
  const ExecutionPlan* Plan() const override { return strategy_->Plan(); }
  size_t Keep(std::span<uint64_t> room) override { return strategy_->Keep(room); }
  bool TakeUp(std::span<const uint64_t> kept) override { return strategy_->TakeUp(kept); }
  void News(uint32_t fresh_pairs, bool fresh_order) override {
    strategy_->News(fresh_pairs, fresh_order);
  }

  bool NewExecution(const Random& random) override {
    Random own = random;
    random_.Seed(own.Next() ^ kStream);
    // Per cent. Measured on bugs of lock-free code: between 5 and 80, each is the best for some.
    static constexpr uint32_t kRates[] = {5, 20, 50, 80};
    const uint32_t drawn = kRates[random_.Below(std::size(kRates))];
    rate_ = fixed_rate_ != 0 ? fixed_rate_ : drawn;
    return strategy_->NewExecution(random);
  }

  uint32_t Choose(const Point& point) override { return strategy_->Choose(point); }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    // A store that goes behind others matters in few programs (2+2W and its like).
    const bool store = choice.operation->kind == OpKind::kAtomicStore;
    if (random_.Below(store ? 400 : 100) >= rate_) return 0;
    return 1 + random_.Below(choice.count - 1);
  }

  void StoresLeftOut() override { strategy_->StoresLeftOut(); }
  void Stuck(const Point& point) override { strategy_->Stuck(point); }
  void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) override {
    strategy_->EndExecution(end, last_thread, last);
  }

 private:
  static constexpr uint64_t kStream = 0x7374616c65;  // "stale"

  const std::unique_ptr<Strategy> strategy_;
  const uint32_t fixed_rate_;  // 0: each execution draws its own
  Random random_;
  uint32_t rate_ = 0;  // per cent
};

}  // namespace

std::unique_ptr<Strategy> WithStaleReads(std::unique_ptr<Strategy> strategy, uint32_t rate) {
  return std::make_unique<StaleReads>(std::move(strategy), rate);
}

}  // namespace heddle::sim
