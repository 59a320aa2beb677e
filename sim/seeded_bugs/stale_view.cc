// View and analysis in two lock sections, after zeam's finalization analysis: what is final was
// worked out on a view of the fork choice that was taken under the lock, and acted upon under the
// lock, but the lock was let go in between. Every access is ordered, so no race detector objects.
//
// Here a tick takes its view (a copy of the store) under the lock, looks through it without, so
// that callbacks need not wait, and puts it back under the lock. What callbacks did to the store in
// between is undone.
#include <mutex>
#include <utility>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"
#include "src/node/check.h"

namespace heddle::seeded_bugs {
namespace {

// The client that this stands for has the store in a global.
chain::Store& StoreOf(node::Node* node) { return const_cast<chain::Store&>(node->store()); }

class StaleView : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;

  void Tick(uint64_t interval) override {
    chain::Store view = TakeView();
    // The bug: the lock is free here.
    HEDDLE_CHECK(view.TakeSnapshot().latest_finalized.slot <= view.SlotOf(view.head()));
    const std::lock_guard<std::mutex> lock(state_mutex());
    StoreOf(node()) = std::move(view);
    TickLocked(interval);
  }

 private:
  chain::Store TakeView() {
    const std::lock_guard<std::mutex> lock(state_mutex());
    return node()->store();
  }
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeStaleView(dispatch::DispatcherContext context) {
  return std::make_unique<StaleView>(context.node);
}

}  // namespace heddle::seeded_bugs
