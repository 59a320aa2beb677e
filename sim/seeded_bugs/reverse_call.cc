// The reverse direction: the host's loop thread calls into the network's state while its reactor
// runs. The chain is under its mutex and right; what breaks is the network (network_state.h).
#include <mutex>
#include <string>

#include "sim/seeded_bugs/locked_dispatcher.h"
#include "sim/seeded_bugs/network_state.h"
#include "sim/seeded_bugs/seeded_bugs.h"

namespace heddle::bugs {
namespace {

class ReverseCall : public LockedDispatcher {
 public:
  using LockedDispatcher::LockedDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    network_.OnMessage(event.peer);  // the reactor's turn, on its own thread
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return HEDDLE_STOPPED;
    node_->Apply(instance, sequence, event);
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      node_->Tick(interval);
    }
    // The bug: this belongs into a queue of commands for the reactor.
    network_.Publish("status of interval " + std::to_string(interval));
  }
  void Close() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }

 private:
  NetworkState network_;  // with one instance, its thread is the reactor's
  std::mutex mutex_;      // the node and the flag
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeReverseCall(dispatch::DispatcherContext context) {
  return std::make_unique<ReverseCall>(context.node);
}

}  // namespace heddle::bugs
