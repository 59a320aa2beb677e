// Seeded bug: the channel is full, and the host drops the event but reports it as taken, after the
// bounded queues of zeam's bridge (try_send with an ignored result). In a gossip network nobody
// sends the event again. The second form drops only blocks and delivers votes again: the votes wait
// for a block that never arrives.
#include <atomic>
#include <memory>

#include "absl/strings/match.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class SilentDrop : public dispatch::AsyncDispatcher {
 public:
  SilentDrop(dispatch::DispatcherContext context, bool blocks_only)
      : AsyncDispatcher(std::move(context)),
        blocks_only_(blocks_only),
        slots_(this->context().channel.capacity + 1),
        lanes_(std::make_unique<Lane[]>(this->context().channel.producers)) {
    for (uint32_t i = 0; i < this->context().channel.producers; ++i) {
      lanes_[i].sequences = std::make_unique<std::atomic<uint64_t>[]>(slots_);
    }
  }

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    Lane& lane = lanes_[instance];
    lane.sequences[lane.pushed % slots_].store(sequence, std::memory_order_relaxed);
    const heddle_status status = inbox().Deliver(instance, event);
    if (status == HEDDLE_OK) ++lane.pushed;
    const bool drops = !blocks_only_ || absl::StrContains(event.name, "/block/");
    return status == HEDDLE_FULL && drops ? HEDDLE_OK : status;  // the bug
  }
  bool Drain() override {
    return inbox().Drain([this](uint32_t instance, uint64_t pushed, const node::Event& event) {
      Apply(instance, lanes_[instance].sequences[pushed % slots_].load(std::memory_order_relaxed),
            event);
    });
  }

 private:
  // Which of the instance's callbacks each event in the channel was: with what is dropped they no
  // longer follow one another. One slot more than the channel holds: a push that is refused has
  // written to its own.
  struct Lane {
    uint64_t pushed = 0;
    std::unique_ptr<std::atomic<uint64_t>[]> sequences;
  };

  const bool blocks_only_;
  const uint64_t slots_;
  const std::unique_ptr<Lane[]> lanes_;  // by instance
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeSilentDrop(dispatch::DispatcherContext context) {
  return std::make_unique<SilentDrop>(std::move(context), /*blocks_only=*/false);
}

std::unique_ptr<dispatch::Dispatcher> MakeDroppedBlock(dispatch::DispatcherContext context) {
  return std::make_unique<SilentDrop>(std::move(context), /*blocks_only=*/true);
}

}  // namespace heddle::seeded_bugs
