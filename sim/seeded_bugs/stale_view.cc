// Seeded bug: view and analysis in two lock sections, after zeam's finalization analysis. It took a
// view of the fork choice under the lock, released the lock, computed what is final, and applied
// the result under the lock again. Every access is ordered, so no race detector reports it.
//
// Here a tick copies the store under the lock, analyses the copy without the lock so that callbacks
// need not wait, and writes it back under the lock. That undoes the changes that callbacks made in
// between.
#include <mutex>
#include <utility>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"
#include "src/node/check.h"

namespace heddle::seeded_bugs {
namespace {

// The modelled client has the store in a global variable.
chain::Store& StoreOf(node::Node* node) { return const_cast<chain::Store&>(node->store()); }

class StaleView : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;

  void Tick(uint64_t interval) override {
    chain::Store view = TakeView();
    // The bug: the lock is released here.
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
