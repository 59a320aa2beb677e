// Seeded bug: two locks are taken in opposite orders. This is an incomplete change from one big
// mutex to a lock for each resource. A callback holds the network's lock and takes the chain's; a
// tick holds the chain's lock and takes the network's. (`locks` is the correct design: it never
// holds both.)
#include <map>
#include <mutex>
#include <string>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/direct_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class LockOrder : public dispatch::DirectDispatcher {
 public:
  explicit LockOrder(node::Node* node) : node_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    const std::lock_guard<std::mutex> network(network_mutex_);
    if (closed_) return HEDDLE_STOPPED;
    last_heard_[std::string(event.peer)] = interval_;
    const std::lock_guard<std::mutex> chain(chain_mutex_);  // the bug: the tick's order is another
    node_->Apply(instance, sequence, event);
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override {
    const std::lock_guard<std::mutex> chain(chain_mutex_);
    node_->Tick(interval);
    const std::lock_guard<std::mutex> network(network_mutex_);
    interval_ = interval;
    std::erase_if(last_heard_,
                  [&](const auto& peer) { return peer.second + kQuietIntervals < interval; });
  }
  void Close() override {
    const std::lock_guard<std::mutex> network(network_mutex_);
    closed_ = true;
  }

 private:
  static constexpr uint64_t kQuietIntervals = 100;

  std::mutex network_mutex_;  // the next three
  std::map<std::string, uint64_t> last_heard_;
  uint64_t interval_ = 0;
  bool closed_ = false;
  std::mutex chain_mutex_;  // the node
  node::Node* const node_;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeLockOrder(dispatch::DispatcherContext context) {
  return std::make_unique<LockOrder>(context.node);
}

}  // namespace heddle::seeded_bugs
