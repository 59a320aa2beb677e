#include "src/dispatch/mutex_dispatcher.h"

#include <memory>

namespace heddle::dispatch {

heddle_status MutexDispatcher::Deliver(uint32_t instance, uint64_t sequence,
                                       const node::Event& event) {
  const std::lock_guard<std::mutex> lock(state_mutex_);
  return DeliverLocked(instance, sequence, event);
}

void MutexDispatcher::Tick(uint64_t interval) {
  const std::lock_guard<std::mutex> lock(state_mutex_);
  TickLocked(interval);
}

void MutexDispatcher::Close() {
  const std::lock_guard<std::mutex> lock(state_mutex_);
  closed_ = true;
}

heddle_status MutexDispatcher::DeliverLocked(uint32_t instance, uint64_t sequence,
                                             const node::Event& event) {
  if (closed_) return HEDDLE_STOPPED;
  const bool applied = node_.Run([&](node::Node* node) { node->Apply(instance, sequence, event); });
  return applied ? HEDDLE_OK : HEDDLE_STOPPED;
}

void MutexDispatcher::TickLocked(uint64_t interval) {
  node_.Run([&](node::Node* node) { node->Tick(interval); });
}

std::unique_ptr<Dispatcher> MakeMutexDispatcher(DispatcherContext context) {
  return std::make_unique<MutexDispatcher>(context.node);
}

}  // namespace heddle::dispatch
