// The redesign: a callback copies its event into the instance's channel and wakes the loop if that
// sleeps; the loop thread drains, and nobody else touches the node. There is no mutex.
#ifndef HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "src/dispatch/dispatcher.h"

namespace heddle::dispatch {

// Threads: as Dispatcher has it. Deliver is wait-free but for the wake-up itself.
class AsyncDispatcher : public Dispatcher {
 public:
  // Throws std::bad_alloc.
  explicit AsyncDispatcher(DispatcherContext context);

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override;
  uint64_t Wakeups(uint32_t instance) const override { return wakeups_[instance].count; }
  void Tick(uint64_t interval) override;
  bool Drain() override;
  void MarkDelivered() override { channel_.Mark(&mark_); }
  bool AppliedToMark() override { return channel_.Passed(mark_); }
  void Close() override { channel_.Close(); }

 protected:
  // Events between two looks at the loop's other work.
  static constexpr uint32_t kDrainBatch = 64;

  EventChannel& channel() { return channel_; }
  const DispatcherContext& context() const { return context_; }
  // The answer to a callback whose event was offered to the channel; wakes the loop if it sleeps.
  heddle_status Answer(uint32_t instance, EventChannel::PushResult result);
  // The loop thread: the event's turn has come.
  void Apply(uint32_t instance, uint64_t sequence, const node::Event& event);

 private:
  const DispatcherContext context_;
  EventChannel channel_;
  struct alignas(64) WakeupCount {
    std::atomic<uint64_t> count{0};
  };
  std::vector<WakeupCount> wakeups_;  // by instance
  std::vector<uint64_t> mark_;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_
