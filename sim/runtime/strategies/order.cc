#include "sim/runtime/strategies/order.h"

#include <optional>
#include <utility>

#include "sim/protocol/hash.h"
#include "sim/runtime/strategies/happens_before.h"
#include "sim/runtime/strategies/pairs.h"

namespace heddle::sim {
namespace {

// Sets the choice of a store apart from what else is added to a step's number.
constexpr uint64_t kStoreWeight = kGoldenRatio;

class Counting final : public Strategy {
 public:
  Counting(std::unique_ptr<Strategy> strategy, Coverage* coverage)
      : strategy_(std::move(strategy)) {
    if (coverage != nullptr) pairs_.emplace(coverage);
  }

  bool WantsObjects() const override { return true; }
  StrategyProgress Progress() const override { return strategy_->Progress(); }
  uint64_t Order() const override { return order_.Value(); }
  const ExecutionPlan* Plan() const override { return strategy_->Plan(); }
  size_t Keep(std::span<uint64_t> room) override { return strategy_->Keep(room); }
  bool TakeUp(std::span<const uint64_t> kept) override { return strategy_->TakeUp(kept); }

  bool NewExecution(const Random& random) override {
    order_.Clear();
    chosen_ = kNoThread;
    store_ = 0;
    if (pairs_) pairs_->NewExecution();
    return strategy_->NewExecution(random);
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    const uint32_t choice = strategy_->Choose(point);
    if (choice < point.candidates.size()) {
      chosen_ = point.candidates[choice].thread;
      announced_ = *point.candidates[choice].next;
    }
    return choice;
  }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    return store_ = strategy_->ChooseStore(choice);
  }
  void StoresLeftOut() override { strategy_->StoresLeftOut(); }

  void Stuck(const Point& point) override {
    TakeNote(point);
    strategy_->Stuck(point);
  }

  void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) override {
    // The step after which the execution ended: what came of it is not known after a crash, so it
    // counts as announced.
    if (chosen_ != kNoThread) order_.Add(chosen_, announced_, store_);
    if (pairs_) {
      strategy_->News(pairs_->fresh(), pairs_->NoteOrder(order_.Value()));
    }
    strategy_->EndExecution(end, last_thread, last);
  }

 private:
  void TakeNote(const Point& point) {
    if (point.last_thread != kNoThread) order_.Add(point.last_thread, point.last, store_);
    if (pairs_) pairs_->Note(point);
    chosen_ = kNoThread;
    store_ = 0;
  }

  const std::unique_ptr<Strategy> strategy_;
  std::optional<Pairs> pairs_;  // when coverage is kept
  OrderHash order_;
  ThreadNumber chosen_ = kNoThread;  // for a step that was not taken note of yet
  Operation announced_;
  uint32_t store_ = 0;  // that it chose
};

}  // namespace

void OrderHash::Clear() {
  value_ = 0;
  created_ = 0;
  threads_.clear();
  objects_.clear();
}

OrderHash::Object& OrderHash::At(ObjectId object) {
  if (objects_.size() <= object) objects_.resize(object + 1);
  return objects_[object];
}

void OrderHash::Add(ThreadNumber thread, const Operation& operation, uint32_t store) {
  const uint32_t dense = HappensBefore::Dense(thread);
  while (threads_.size() <= dense) threads_.push_back(threads_.size() + 1);
  uint64_t step = Mix(threads_[dense] + static_cast<uint64_t>(operation.kind) + 1);
  if (store != 0) step = Mix(step + kStoreWeight * store);
  const bool writes = operation.access == Access::kWrite;
  const ObjectId touched[] = {operation.object, operation.second};
  if (operation.access != Access::kNone) {
    for (const ObjectId object : touched) {
      if (object == kNoObject) continue;
      const Object& before = At(object);
      step = Mix(step + before.written + (writes ? Mix(before.read) : 0));
    }
    for (const ObjectId object : touched) {
      if (object == kNoObject) continue;
      Object& after = At(object);
      if (writes) {
        after = {Mix(step + 1), 0};
      } else {
        after.read += Mix(step + 2);
      }
    }
  }
  // Behind all that others did, in front of all that they do.
  if (OrderedAgainstAll(operation)) {
    for (const uint64_t other : threads_) step += Mix(other);
    step = Mix(step);
    for (uint64_t& other : threads_) other = Mix(other + step);
  }
  threads_[dense] = step;
  if (CreatesThread(operation)) {
    // Who a thread is follows from what created it, whatever its number came to be.
    const uint32_t created = HappensBefore::Dense(++created_);
    while (threads_.size() <= created) threads_.push_back(threads_.size() + 1);
    threads_[created] = Mix(step + 3);
  }
  value_ += Mix(step);
}

std::unique_ptr<Strategy> CountOrders(std::unique_ptr<Strategy> strategy, Coverage* coverage) {
  return std::make_unique<Counting>(std::move(strategy), coverage);
}

}  // namespace heddle::sim
