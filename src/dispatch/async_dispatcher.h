// The redesign: a callback copies its event into the instance's channel and wakes the loop if that
// sleeps; the loop thread drains, and nobody else touches the node. There is no mutex.
#ifndef HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_
#define HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_

#include <cstdint>

#include "src/dispatch/dispatcher.h"
#include "src/dispatch/inbox.h"

namespace heddle::dispatch {

// Threads: as Dispatcher has it. Deliver is wait-free but for the wake-up itself.
class AsyncDispatcher : public Dispatcher {
 public:
  // Throws std::bad_alloc.
  explicit AsyncDispatcher(DispatcherContext context);

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override;
  uint64_t Wakeups(uint32_t instance) const override { return inbox_.Wakeups(instance); }
  void Tick(uint64_t interval) override;
  bool Drain() override;
  void MarkDelivered() override { inbox_.MarkDelivered(); }
  bool AppliedToMark() override { return inbox_.DrainedToMark(); }
  void Close() override { inbox_.Close(); }

 protected:
  Inbox& inbox() { return inbox_; }
  const DispatcherContext& context() const { return context_; }
  // The loop thread: the event's turn has come.
  void Apply(uint32_t instance, uint64_t sequence, const node::Event& event);

 private:
  const DispatcherContext context_;
  Inbox inbox_;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_ASYNC_DISPATCHER_H_
