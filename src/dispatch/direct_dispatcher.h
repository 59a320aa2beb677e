// What the dispatchers that apply on the network's thread share: they have no queue, so nothing is
// ever left to drain, and what was delivered is applied.
#ifndef HEDDLE_SRC_DISPATCH_DIRECT_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_DIRECT_DISPATCHER_H_

#include "src/dispatch/dispatcher.h"
#include "src/node/node.h"

namespace heddle::dispatch {

class DirectDispatcher : public Dispatcher {
 public:
  bool CallbacksWaitForTicks() const override { return true; }
  bool Drain() override { return false; }
  void MarkDelivered() override {}
  bool AppliedToMark() override { return true; }
};

// A node that threads change in turn. The caller holds the lock that guards it.
class GuardedNode {
 public:
  explicit GuardedNode(node::Node* node) : node_(node) {}

  // Runs change(node). False: it was not run, because std::bad_alloc has interrupted one before and
  // left the node half-way (host.h, running out of memory).
  template <typename Change>
  bool Run(Change&& change) {
    if (broken_) return false;
    broken_ = true;  // unless it comes back from there
    change(node_);
    broken_ = false;
    return true;
  }

  node::Node* get() const { return node_; }

 private:
  node::Node* const node_;
  bool broken_ = false;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_DIRECT_DISPATCHER_H_
