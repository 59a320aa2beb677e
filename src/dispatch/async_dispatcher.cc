// The redesign: a callback copies its event into the instance's channel and wakes the loop if that
// sleeps; the loop thread drains, and nobody else touches the node. There is no mutex.
#include <atomic>
#include <utility>
#include <vector>

#include "src/dispatch/dispatcher.h"

namespace heddle::dispatch {
namespace {

// Events between two looks at the loop's other work.
constexpr uint32_t kDrainBatch = 64;

class AsyncDispatcher : public Dispatcher {
 public:
  AsyncDispatcher(node::Node* node, AsyncOptions options)
      : node_(node),
        wake_(std::move(options.wake)),
        before_each_(std::move(options.before_each)),
        channel_(options.channel),
        wakeups_(options.channel.producers) {}

  heddle_status Deliver(uint32_t instance, uint64_t, const node::Event& event) override {
    switch (channel_.Push(instance, event)) {
      case EventChannel::PushResult::kTaken:
        return HEDDLE_OK;
      case EventChannel::PushResult::kTakenWakeConsumer:
        ++wakeups_[instance].count;
        wake_();
        return HEDDLE_OK;
      case EventChannel::PushResult::kFull:
        return HEDDLE_FULL;
      case EventChannel::PushResult::kClosed:
        break;
    }
    return HEDDLE_STOPPED;
  }

  uint64_t Wakeups(uint32_t instance) const override { return wakeups_[instance].count; }

  void Tick(uint64_t interval) override { node_->Tick(interval); }

  bool Drain() override {
    channel_.Drain(kDrainBatch,
                   [this](uint32_t instance, uint64_t sequence, const node::Event& event) {
                     before_each_();
                     node_->Apply(instance, sequence, event);
                   });
    return !channel_.PrepareToSleep();
  }

  void MarkDelivered() override { channel_.Mark(&mark_); }
  bool AppliedToMark() const override { return channel_.Passed(mark_); }
  void Close() override { channel_.Close(); }

 private:
  node::Node* const node_;
  const std::function<void()> wake_;
  const std::function<void()> before_each_;
  EventChannel channel_;
  struct alignas(64) WakeupCount {
    std::atomic<uint64_t> count{0};
  };
  std::vector<WakeupCount> wakeups_;  // by instance
  std::vector<uint64_t> mark_;
};

}  // namespace

std::unique_ptr<Dispatcher> MakeAsyncDispatcher(node::Node* node, AsyncOptions options) {
  return std::make_unique<AsyncDispatcher>(node, std::move(options));
}

}  // namespace heddle::dispatch
