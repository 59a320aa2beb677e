// A chain worker: callbacks reach the loop as in `async`, but the loop only routes, and one worker
// thread owns the chain. A slow block then delays neither the network nor the loop's other work.
#ifndef HEDDLE_SRC_DISPATCH_WORKER_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_WORKER_DISPATCHER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "src/dispatch/dispatcher.h"
#include "src/dispatch/inbox.h"

namespace heddle::dispatch {

// The queue between loop and worker is bounded in events and in bytes; when it is full, events stay
// in the instances' channels, and when those are full the network is told so. It keeps the order in
// which the loop routed: each event carries the interval that the store must have reached before
// it, and ticks that nothing follows are run when the queue is empty.
//
// Threads: as Dispatcher has it; the worker thread, between Start and Finish (or the destructor),
// is the only one that touches the node.
class WorkerDispatcher : public Dispatcher {
 public:
  // A slot's traffic of the largest committee we run.
  static constexpr size_t kMaxQueuedEvents = 256;
  // One event fits in any case.
  static constexpr size_t kMaxQueuedBytes = size_t{16} << 20;

  // Throws std::bad_alloc.
  explicit WorkerDispatcher(DispatcherContext context);
  ~WorkerDispatcher() override;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override;
  uint64_t Wakeups(uint32_t instance) const override { return inbox_.Wakeups(instance); }
  absl::Status Start() override;
  void Tick(uint64_t interval) override;
  bool Drain() override;
  void MarkDelivered() override;
  bool AppliedToMark() override;
  void Close() override { inbox_.Close(); }
  void Finish(bool drain) override;

 protected:
  // An event on its way, with its bytes.
  struct Routed {
    uint32_t instance = 0;
    uint64_t sequence = 0;
    uint64_t interval = 0;  // the ticks up to here come first
    node::Event event;
    size_t size = 0;
    std::unique_ptr<char[]> bytes;  // what the event's views show
  };

  // Takes the event that is applied next out of the queue, which is locked and not empty: the
  // first. Who overrides it calls Finish in the destructor, so that the worker has ended by then.
  virtual Routed TakeNext(std::deque<Routed>* queue);

 private:
  // How much has been done, or is to be.
  struct Position {
    uint64_t events = 0;
    uint64_t interval = 0;
    bool Covers(const Position& other) const {
      return events >= other.events && interval >= other.interval;
    }
  };

  // The loop thread.
  void Route(uint32_t instance, uint64_t sequence, const node::Event& event);
  bool HasRoomLocked() const;

  // The worker thread.
  void Work();
  // Ticks, then applies, with no lock held. False: memory ran out, and the node is half-way.
  bool Apply(uint64_t interval, const Routed* routed);
  void WakeWhoWaitsLocked();
  // Ends the worker. What is queued is applied first, if `drain`.
  void End(bool drain);

  const DispatcherContext context_;
  Inbox inbox_;
  bool full_ = false;  // the loop thread's: the last Drain found no room
  std::mutex mutex_;   // everything below but the thread
  std::condition_variable to_do_, done_;
  std::deque<Routed> queue_;
  size_t queued_bytes_ = 0;
  Position routed_, applied_;
  bool loop_waits_for_room_ = false;
  bool loop_waits_for_mark_ = false;
  bool has_mark_ = false;
  Position mark_;
  bool ending_ = false;  // nothing more will be routed
  bool broken_ = false;  // the node is half-way, or is to be left as it is
  std::thread thread_;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_WORKER_DISPATCHER_H_
