// Seeded bug: the channel stores a borrowed payload instead of a copy. The network owns the
// arguments of a callback and frees them when the callback returns. A first version of a queue
// keeps the pointer; zeam had to add many copies when it moved from the mutex to an event queue.
#include <cstring>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class BorrowedPayload : public dispatch::AsyncDispatcher {
 public:
  using AsyncDispatcher::AsyncDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t, const node::Event& event) override {
    const Borrowed borrowed{event.payload.data(), event.payload.size()};
    node::Event queued = event;
    // The bug: the pointer goes into the channel, not what it points to.
    queued.payload =
        absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(&borrowed), sizeof(borrowed));
    return inbox().Deliver(instance, queued);
  }
  bool Drain() override {
    return inbox().Drain([this](uint32_t instance, uint64_t sequence, const node::Event& queued) {
      Borrowed borrowed;
      std::memcpy(&borrowed, queued.payload.data(), sizeof(borrowed));
      node::Event event = queued;
      event.payload = absl::MakeConstSpan(borrowed.data, borrowed.size);
      Apply(instance, sequence, event);
    });
  }

 private:
  struct Borrowed {
    const uint8_t* data;
    size_t size;
  };
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeBorrowedPayload(dispatch::DispatcherContext context) {
  return std::make_unique<BorrowedPayload>(std::move(context));
}

}  // namespace heddle::seeded_bugs
