// Seeded bug: the loop says that it sleeps, looks at the rings once more, and sleeps; the network
// pushes, and wakes the loop if that says that it sleeps. The seq_cst fence is missing on both
// sides, between the store and the look: both stores can be invisible to the other's look, and the
// wake-up is lost. No interleaving shows it, and ThreadSanitizer has nothing to say, as everything
// is atomic. Seen in seastar (#1488), oneTBB (#2136) and brpc (#3539).
#include <atomic>

#include "sim/seeded_bugs/ring_dispatcher.h"
#include "sim/seeded_bugs/seeded_bugs.h"

namespace heddle::seeded_bugs {
namespace {

class SleepFlag final : public RingDispatcher<Publication::kAfterWrite> {
 public:
  using RingDispatcher::RingDispatcher;

  bool Drain() override {
    asleep_.store(false, std::memory_order_relaxed);
    RingDispatcher::Drain();
    asleep_.store(true, std::memory_order_release);  // the bug: a seq_cst fence belongs behind it
    return !empty();                                 // then it does not sleep
  }

 private:
  void Wake() override {
    // The bug: a seq_cst fence belongs here.
    if (asleep_.load(std::memory_order_acquire)) context().wake();
  }

  std::atomic<bool> asleep_{true};
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeSleepFlag(dispatch::DispatcherContext context) {
  return std::make_unique<SleepFlag>(std::move(context));
}

}  // namespace heddle::seeded_bugs
