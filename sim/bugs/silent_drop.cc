// The channel is full, and what does not fit is dropped while the network is told that it was
// taken, after the bounded queues of zeam's bridge (try_send, and on with it). In a gossip network
// nobody sends it again. The second form drops blocks only, and offers votes again: they arrive for
// a block that never will.
#include <atomic>
#include <vector>

#include "absl/strings/match.h"
#include "sim/bugs/bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::bugs {
namespace {

class SilentDrop : public dispatch::AsyncDispatcher {
 public:
  SilentDrop(dispatch::DispatcherContext context, bool blocks_only)
      : AsyncDispatcher(std::move(context)),
        blocks_only_(blocks_only),
        lanes_(this->context().channel.producers) {
    for (Lane& lane : lanes_) lane.sequences.resize(this->context().channel.capacity);
  }

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    Lane& lane = lanes_[instance];
    // Not published before the push is, and not in use after the slot's event was applied.
    std::atomic_ref<uint64_t>(lane.sequences[lane.pushed % lane.sequences.size()])
        .store(sequence, std::memory_order_relaxed);
    const heddle_status status = Answer(instance, channel().Push(instance, event));
    if (status == HEDDLE_OK) ++lane.pushed;
    const bool drops = !blocks_only_ || absl::StrContains(event.name, "/block/");
    return status == HEDDLE_FULL && drops ? HEDDLE_OK : status;  // the bug
  }
  bool Drain() override {
    channel().Drain(
        kDrainBatch, [this](uint32_t instance, uint64_t pushed, const node::Event& event) {
          const Lane& lane = lanes_[instance];
          Apply(instance, lane.sequences[pushed % lane.sequences.size()], event);
        });
    return !channel().PrepareToSleep();
  }

 private:
  // Which of the instance's callbacks each event in the channel was: they no longer follow one
  // another.
  struct Lane {
    uint64_t pushed = 0;
    std::vector<uint64_t> sequences;
  };

  const bool blocks_only_;
  std::vector<Lane> lanes_;  // by instance
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeSilentDrop(dispatch::DispatcherContext context) {
  return std::make_unique<SilentDrop>(std::move(context), /*blocks_only=*/false);
}

std::unique_ptr<dispatch::Dispatcher> MakeDroppedBlock(dispatch::DispatcherContext context) {
  return std::make_unique<SilentDrop>(std::move(context), /*blocks_only=*/true);
}

}  // namespace heddle::bugs
