// How an event gets from the network's thread to the node. Everything else about a host is the same
// for all dispatchers (host.h).
#ifndef HEDDLE_SRC_DISPATCH_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_DISPATCHER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "src/dispatch/event_channel.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/event.h"
#include "src/node/node.h"

namespace heddle::dispatch {

class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  // The network's thread; calls for one instance do not overlap. `sequence` is how many of its
  // events were taken before. HEDDLE_OK, HEDDLE_FULL or HEDDLE_STOPPED. Throws std::bad_alloc when
  // it applies, and memory runs out: the node is then half-way.
  virtual heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) = 0;

  // How many of an instance's deliveries had to wake the loop. Any thread.
  virtual uint64_t Wakeups(uint32_t /*instance*/) const { return 0; }

  // The rest is for the loop thread.

  // The store advances to `interval`.
  virtual void Tick(uint64_t interval) = 0;

  // Applies some of what waits. True: more may be there. False: nothing is, and the next event will
  // call for a wake-up.
  virtual bool Drain() = 0;

  // Flushing: remembers what has been delivered so far; later, says whether all of that is applied.
  virtual void MarkDelivered() = 0;
  virtual bool AppliedToMark() const = 0;

  // From now on nothing is taken. What was taken before is still to be drained.
  virtual void Close() = 0;
};

// `node` must outlive the dispatcher.
std::unique_ptr<Dispatcher> MakeUnsyncDispatcher(node::Node* node);
std::unique_ptr<Dispatcher> MakeMutexDispatcher(node::Node* node);

// `wake` wakes the loop, from any thread. `before_each` is called on the loop thread before each
// event is applied: the ticks that are due.
struct AsyncOptions {
  EventChannel::Options channel;
  std::function<void()> wake;
  std::function<void()> before_each;
};
std::unique_ptr<Dispatcher> MakeAsyncDispatcher(node::Node* node, AsyncOptions options);

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_DISPATCHER_H_
