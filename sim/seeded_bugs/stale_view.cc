// View and analysis in two lock sections, after zeam's finalization analysis: what is final was
// worked out on a view of the fork choice that was taken under the lock, and acted upon under the
// lock, but the lock was let go in between. Every access is ordered, so no race detector objects.
//
// Here a tick takes its view (a copy of the store) under the lock, looks through it without, so
// that callbacks need not wait, and puts it back under the lock. What callbacks did to the store in
// between is undone.
#include <mutex>
#include <utility>

#include "sim/seeded_bugs/locked_dispatcher.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/node/check.h"

namespace heddle::bugs {
namespace {

// The client that this stands for has the store in a global.
chain::Store& StoreOf(node::Node* node) { return const_cast<chain::Store&>(node->store()); }

class StaleView : public LockedDispatcher {
 public:
  using LockedDispatcher::LockedDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return HEDDLE_STOPPED;
    node_->Apply(instance, sequence, event);
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override {
    chain::Store view = TakeView();
    // The bug: the lock is free here.
    HEDDLE_CHECK(view.TakeSnapshot().latest_finalized.slot <= view.SlotOf(view.head()));
    const std::lock_guard<std::mutex> lock(mutex_);
    StoreOf(node_) = std::move(view);
    node_->Tick(interval);
  }
  void Close() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }

 private:
  chain::Store TakeView() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return node_->store();
  }

  std::mutex mutex_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeStaleView(dispatch::DispatcherContext context) {
  return std::make_unique<StaleView>(context.node);
}

}  // namespace heddle::bugs
