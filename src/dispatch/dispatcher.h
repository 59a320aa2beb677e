// How an event gets from the network's thread to the node. Everything else about a host is the same
// for all dispatchers (host.h).
#ifndef HEDDLE_SRC_DISPATCH_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_DISPATCHER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
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

  // Whether a delivery may wait for a lock that a tick takes.
  virtual bool CallbacksWaitForTicks() const { return false; }

  // How many of an instance's deliveries had to wake the loop. Any thread.
  virtual uint64_t Wakeups(uint32_t /*instance*/) const { return 0; }

  // Before the loop thread exists, once or again: starts what the dispatcher needs. Unavailable
  // when the system gives no thread.
  virtual absl::Status Start() { return absl::OkStatus(); }

  // The rest is for the loop thread.

  // The store advances to `interval`.
  virtual void Tick(uint64_t interval) = 0;

  // Applies some of what waits, or has it applied. True: more can be done at once. False: the loop
  // will be woken when there is something to do again.
  virtual bool Drain() = 0;

  // Flushing: remembers what has been delivered so far; later, says whether all of that is applied,
  // and every tick that came before the question. False: it may be asked again after the next
  // Drain.
  virtual void MarkDelivered() = 0;
  virtual bool AppliedToMark() = 0;

  // From now on nothing is taken.
  virtual void Close() = 0;
  // The last call, after Close: applies everything that was taken before (unless the node was left
  // half-way: then `drain` is false), and ends what Start started.
  virtual void Finish(bool drain) {
    while (drain && Drain()) {
    }
  }
};

// What a host gives its dispatcher to work with. All of it outlives the dispatcher.
struct DispatcherContext {
  node::Node* node = nullptr;
  EventChannel::Options channel;  // as the configuration bounds it
  // Wakes the loop: Drain will be called. Any thread.
  std::function<void()> wake;
  // The loop thread, before each event that it applies: the ticks that are due.
  std::function<void()> before_each;
  // The node was left half-way by std::bad_alloc: the host must stop. Any thread. (An exception
  // that leaves Deliver, or a function of the loop thread's, says so by itself.)
  std::function<void()> fail;
};
// Null: what the dispatcher needs is not to be had. Throws std::bad_alloc.
using DispatcherFactory = std::function<std::unique_ptr<Dispatcher>(DispatcherContext context)>;

std::unique_ptr<Dispatcher> MakeUnsyncDispatcher(DispatcherContext context);
std::unique_ptr<Dispatcher> MakeMutexDispatcher(DispatcherContext context);
std::unique_ptr<Dispatcher> MakeAsyncDispatcher(DispatcherContext context);
std::unique_ptr<Dispatcher> MakeLocksDispatcher(DispatcherContext context);
std::unique_ptr<Dispatcher> MakeWorkerDispatcher(DispatcherContext context);

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_DISPATCHER_H_
