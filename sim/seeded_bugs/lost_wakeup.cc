// Seeded bug: a wrong coalescing flag loses a wake-up, a classic bug of hand-written queues in
// front of ev_async or uv_async. The flag says that a wake-up is pending. The loop clears it after
// it empties the queue instead of before. A thread that delivers in between finds the flag set and
// wakes nobody. Its event stays until another event wakes the loop.
#include <atomic>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class LostWakeup : public dispatch::AsyncDispatcher {
 public:
  using AsyncDispatcher::AsyncDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t, const node::Event& event) override {
    using Result = dispatch::EventChannel::PushResult;
    const Result result = inbox().channel().Push(instance, event);
    if (result == Result::kFull) return HEDDLE_FULL;
    if (result == Result::kClosed) return HEDDLE_STOPPED;
    if (!waking_.exchange(true)) context().wake();
    return HEDDLE_OK;
  }
  bool Drain() override {
    const bool more = AsyncDispatcher::Drain();
    waking_.store(false);  // the bug: this belongs before the drain
    return more;
  }

 private:
  std::atomic<bool> waking_{false};
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeLostWakeup(dispatch::DispatcherContext context) {
  return std::make_unique<LostWakeup>(std::move(context));
}

}  // namespace heddle::seeded_bugs
