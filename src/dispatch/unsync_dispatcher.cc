// The client before its first repair: a callback decodes and applies on the network's thread while
// the loop thread ticks the same node, and nothing orders the two. It is here to be caught.
#include <atomic>
#include <memory>

#include "src/dispatch/direct_dispatcher.h"

namespace heddle::dispatch {
namespace {

class UnsyncDispatcher : public DirectDispatcher {
 public:
  explicit UnsyncDispatcher(node::Node* node) : node_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    // Relaxed, so that stopping adds no order between the threads either.
    if (closed_.load(std::memory_order_relaxed)) return HEDDLE_STOPPED;
    node_->Apply(instance, sequence, event);
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override { node_->Tick(interval); }
  void Close() override { closed_.store(true, std::memory_order_relaxed); }

 private:
  node::Node* const node_;
  std::atomic<bool> closed_{false};
};

}  // namespace

std::unique_ptr<Dispatcher> MakeUnsyncDispatcher(DispatcherContext context) {
  return std::make_unique<UnsyncDispatcher>(context.node);
}

}  // namespace heddle::dispatch
