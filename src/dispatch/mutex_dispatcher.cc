// "The old mutex build": a callback decodes and applies on the network's thread under one state
// mutex, which the loop's tick takes too. Right, but a callback waits for whatever has the mutex.
#include <mutex>

#include "src/dispatch/dispatcher.h"

namespace heddle::dispatch {
namespace {

class MutexDispatcher : public Dispatcher {
 public:
  explicit MutexDispatcher(node::Node* node) : node_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    const std::lock_guard<std::mutex> lock(state_mutex_);
    if (closed_ || broken_) return HEDDLE_STOPPED;
    broken_ = true;  // unless it comes back from there: see host.h, running out of memory
    node_->Apply(instance, sequence, event);
    broken_ = false;
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override {
    const std::lock_guard<std::mutex> lock(state_mutex_);
    if (broken_) return;
    broken_ = true;
    node_->Tick(interval);
    broken_ = false;
  }
  bool Drain() override { return false; }
  void MarkDelivered() override {}
  bool AppliedToMark() override { return true; }
  void Close() override {
    const std::lock_guard<std::mutex> lock(state_mutex_);
    closed_ = true;
  }

 private:
  node::Node* const node_;
  std::mutex state_mutex_;  // the node and the two flags
  bool closed_ = false;
  bool broken_ = false;  // the node was left half-way
};

}  // namespace

std::unique_ptr<Dispatcher> MakeMutexDispatcher(DispatcherContext context) {
  return std::make_unique<MutexDispatcher>(context.node);
}

}  // namespace heddle::dispatch
