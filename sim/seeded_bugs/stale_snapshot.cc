// Seeded bug: a reader outlives the state that it borrowed. The host hands out a finalized state by
// pointer, and finalization prunes the previous state (zeam's states map, from which chain and API
// both took pointers).
//
// Here the network's thread applies events and keeps the view of the finalized checkpoint. The
// loop's tick reads the view for its metrics: it takes the pointer under the lock and reads it
// without the lock.
#include <cstddef>
#include <memory>
#include <mutex>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class StaleSnapshot : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    const std::lock_guard<std::mutex> lock(state_mutex());
    const heddle_status status = DeliverLocked(instance, sequence, event);
    const chain::Store& store = node()->store();
    if (status == HEDDLE_OK &&
        (finalized_ == nullptr || finalized_->latest_finalized != store.latest_finalized())) {
      // Prunes the previous state.
      finalized_ = std::make_unique<chain::Snapshot>(store.TakeSnapshot());
    }
    return status;
  }
  void Tick(uint64_t interval) override {
    const chain::Snapshot* const borrowed = Finalized();
    // The bug: the state is read without the lock, and nothing keeps it alive.
    if (borrowed != nullptr) shown_ = borrowed->block_roots.size();
    const std::lock_guard<std::mutex> lock(state_mutex());
    TickLocked(interval);
  }

 private:
  const chain::Snapshot* Finalized() {
    const std::lock_guard<std::mutex> lock(state_mutex());
    return finalized_.get();
  }

  std::unique_ptr<const chain::Snapshot> finalized_;  // under the mutex
  size_t shown_ = 0;  // the loop thread's metric: how many blocks there are
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeStaleSnapshot(dispatch::DispatcherContext context) {
  return std::make_unique<StaleSnapshot>(context.node);
}

}  // namespace heddle::seeded_bugs
