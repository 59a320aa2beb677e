// Seeded bug: code writes under a shared lock, after zeam's fork-choice deltas. The function that
// converts votes into weight changes looked like a reader and ran under the shared side of the
// fork-choice lock, but it grew the array of deltas and moved votes.
//
// Here blocks hold the lock exclusively; votes and ticks hold it shared. Both change the vote
// pools.
#include <mutex>
#include <shared_mutex>

#include "absl/strings/match.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/direct_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class SharedLock : public dispatch::DirectDispatcher {
 public:
  explicit SharedLock(node::Node* node) : node_(node) {}

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    if (IsVote(event)) {
      const std::shared_lock<std::shared_mutex> lock(mutex_);  // the bug
      return Apply(instance, sequence, event);
    }
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    return Apply(instance, sequence, event);
  }
  void Tick(uint64_t interval) override {
    const std::shared_lock<std::shared_mutex> lock(mutex_);  // the bug
    node_->Tick(interval);
  }
  void Close() override {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    closed_ = true;
  }

 private:
  static bool IsVote(const node::Event& event) {
    return event.kind == node::EventKind::kGossip && !absl::StrContains(event.name, "/block/");
  }
  heddle_status Apply(uint32_t instance, uint64_t sequence, const node::Event& event) {
    if (closed_) return HEDDLE_STOPPED;
    node_->Apply(instance, sequence, event);
    return HEDDLE_OK;
  }

  std::shared_mutex mutex_;
  node::Node* const node_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeSharedLock(dispatch::DispatcherContext context) {
  return std::make_unique<SharedLock>(context.node);
}

}  // namespace heddle::seeded_bugs
