// A lock for each resource: a callback decodes on the network's thread with no lock at all, does
// the network's bookkeeping under one lock, and applies to the chain under another. The two are
// never held together, so there is no order in which they could be taken wrongly.
#include <memory>
#include <mutex>
#include <utility>

#include "src/dispatch/direct_dispatcher.h"

namespace heddle::dispatch {
namespace {

class LocksDispatcher : public DirectDispatcher {
 public:
  explicit LocksDispatcher(node::Node* node) : node_(node), chain_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    node::Node::Message message = node::Node::Decode(event);
    {
      // Here it is decided whether the event is taken.
      const std::lock_guard<std::mutex> lock(network_mutex_);
      if (closed_) return HEDDLE_STOPPED;
      node_->Note(instance, event);
    }
    const std::lock_guard<std::mutex> lock(chain_mutex_);
    const bool applied = chain_.Run([&](node::Node* node) {
      node->ApplyMessage(instance, sequence, event.kind, std::move(message));
    });
    return applied ? HEDDLE_OK : HEDDLE_STOPPED;
  }
  void Tick(uint64_t interval) override {
    const std::lock_guard<std::mutex> lock(chain_mutex_);
    chain_.Run([&](node::Node* node) { node->Tick(interval); });
  }
  void Close() override {
    const std::lock_guard<std::mutex> lock(network_mutex_);
    closed_ = true;
  }

 private:
  std::mutex network_mutex_;  // the node's bookkeeping of the network, and the flag
  node::Node* const node_;
  bool closed_ = false;
  std::mutex chain_mutex_;  // the rest of the node
  GuardedNode chain_;
};

}  // namespace

std::unique_ptr<Dispatcher> MakeLocksDispatcher(DispatcherContext context) {
  return std::make_unique<LocksDispatcher>(context.node);
}

}  // namespace heddle::dispatch
