// "The old mutex build": a callback decodes and applies on the network's thread under one state
// mutex, which the loop's tick takes too. Right, but a callback waits for whatever has the mutex.
#ifndef HEDDLE_SRC_DISPATCH_MUTEX_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_MUTEX_DISPATCHER_H_

#include <cstdint>
#include <mutex>

#include "src/dispatch/direct_dispatcher.h"

namespace heddle::dispatch {

class MutexDispatcher : public DirectDispatcher {
 public:
  explicit MutexDispatcher(node::Node* node) : node_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override;
  void Tick(uint64_t interval) override;
  void Close() override;

 protected:
  std::mutex& state_mutex() { return state_mutex_; }
  node::Node* node() { return node_.get(); }
  // The bodies of Deliver and Tick; the caller holds the mutex.
  heddle_status DeliverLocked(uint32_t instance, uint64_t sequence, const node::Event& event);
  void TickLocked(uint64_t interval);

 private:
  std::mutex state_mutex_;  // everything below
  GuardedNode node_;
  bool closed_ = false;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_MUTEX_DISPATCHER_H_
