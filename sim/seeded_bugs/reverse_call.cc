// Seeded bug in the reverse direction: the host's loop thread calls into the network's state while
// the network's reactor runs. The mutex protects the chain correctly; the network's state is
// corrupted (network_state.h).
#include <string>

#include "sim/seeded_bugs/network_state.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class ReverseCall : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    network_.OnMessage(event.peer);  // the reactor's turn, on its own thread
    return MutexDispatcher::Deliver(instance, sequence, event);
  }
  void Tick(uint64_t interval) override {
    MutexDispatcher::Tick(interval);
    // The bug: this must go through a queue of commands for the reactor.
    network_.Publish("status of interval " + std::to_string(interval));
  }

 private:
  NetworkState network_;  // with one instance, its thread is the reactor's
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeReverseCall(dispatch::DispatcherContext context) {
  return std::make_unique<ReverseCall>(context.node);
}

}  // namespace heddle::seeded_bugs
