// What the wrong hosts that apply on the network's thread share: they have no queue, so nothing is
// ever left to drain.
#ifndef HEDDLE_SIM_SEEDED_BUGS_LOCKED_DISPATCHER_H_
#define HEDDLE_SIM_SEEDED_BUGS_LOCKED_DISPATCHER_H_

#include "src/dispatch/dispatcher.h"

namespace heddle::bugs {

class LockedDispatcher : public dispatch::Dispatcher {
 public:
  explicit LockedDispatcher(node::Node* node) : node_(node) {}

  bool Drain() override { return false; }
  void MarkDelivered() override {}
  bool AppliedToMark() override { return true; }

 protected:
  node::Node* const node_;
};

}  // namespace heddle::bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_LOCKED_DISPATCHER_H_
