// How events get from the callbacks to the loop thread: the instances' channel, the loop's wake-up
// and the mark of a flush. The dispatchers with a queue (`async`, `worker`) are built on it.
#ifndef HEDDLE_SRC_DISPATCH_INBOX_H_
#define HEDDLE_SRC_DISPATCH_INBOX_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "src/dispatch/event_channel.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/event.h"

namespace heddle::dispatch {

// Threads: as Dispatcher has it. Deliver is wait-free but for the wake-up itself.
class Inbox {
 public:
  // Events between two looks at the loop's other work.
  static constexpr uint32_t kDrainBatch = 64;

  // `wake` wakes the loop. Throws std::bad_alloc.
  Inbox(const EventChannel::Options& options, std::function<void()> wake);

  // Copies the event into the channel and wakes the loop if it sleeps. HEDDLE_OK, HEDDLE_FULL or
  // HEDDLE_STOPPED.
  heddle_status Deliver(uint32_t instance, const node::Event& event);
  // How many of an instance's deliveries had to wake the loop. Any thread.
  uint64_t Wakeups(uint32_t instance) const { return wakeups_[instance].count; }

  // The rest is for the loop thread.

  // Applies a batch, as EventChannel::Drain does. What it returns is what Dispatcher::Drain
  // returns.
  template <typename Apply>
  bool Drain(Apply&& apply) {
    channel_.Drain(kDrainBatch, std::forward<Apply>(apply));
    return !channel_.PrepareToSleep();
  }

  // Flushing: as in Dispatcher, for what this hands on.
  void MarkDelivered() { channel_.Mark(&mark_); }
  bool DrainedToMark() const { return channel_.Passed(mark_); }

  // From now on nothing is taken.
  void Close() { channel_.Close(); }

  // For those that fill or drain it in another way.
  EventChannel& channel() { return channel_; }

 private:
  struct alignas(64) WakeupCount {  // a cache line each
    std::atomic<uint64_t> count{0};
  };

  EventChannel channel_;
  const std::function<void()> wake_;
  std::vector<WakeupCount> wakeups_;  // by instance
  std::vector<uint64_t> mark_;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_INBOX_H_
