// A chain worker with one queue for blocks, first in first out, and one for votes, last in first
// out ("the newest vote is worth most"), after the early queues of zeam's chain worker. What the
// network sent in one order is applied in another: votes before their block, an old vote of a
// validator after its new one. Of two votes for one slot the one whose data came first counts, so
// the order is part of the chain. (`worker` is the design done right.)
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::bugs {
namespace {

class LifoVotes : public dispatch::AsyncDispatcher {
 public:
  using AsyncDispatcher::AsyncDispatcher;
  ~LifoVotes() override { Finish(false); }

  absl::Status Start() override {
    thread_ = std::thread([this] { Work(); });
    return absl::OkStatus();
  }
  void Tick(uint64_t interval) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    interval_ = interval;
    to_do_.notify_one();
  }
  bool Drain() override {
    channel().Drain(kDrainBatch,
                    [this](uint32_t instance, uint64_t sequence, const node::Event& event) {
                      context().before_each();
                      Route({instance,
                             sequence,
                             event,
                             std::string(event.name),
                             std::string(event.peer),
                             {event.payload.begin(), event.payload.end()}});
                    });
    return !channel().PrepareToSleep();
  }
  bool AppliedToMark() override {
    if (!AsyncDispatcher::AppliedToMark()) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    loop_waits_ = !IdleLocked();
    return !loop_waits_;
  }
  void Finish(bool drain) override {
    AsyncDispatcher::Finish(drain);
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
      to_do_.notify_one();
    }
    thread_.join();
  }

 private:
  struct Routed {
    uint32_t instance;
    uint64_t sequence;
    node::Event event;
    std::string name, peer;
    std::vector<uint8_t> payload;
  };

  bool IdleLocked() const {
    return blocks_.empty() && votes_.empty() && !applying_ && ticked_ >= interval_;
  }
  void Route(Routed routed) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool vote = absl::StrContains(routed.name, "/a");  // attestation, aggregation
    (vote ? votes_ : blocks_).push_back(std::move(routed));
    to_do_.notify_one();
  }

  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      to_do_.wait(lock, [this] { return ending_ || !IdleLocked(); });
      if (IdleLocked()) return;
      const uint64_t interval = interval_;
      std::deque<Routed> next;
      if (!blocks_.empty()) {
        next.push_back(std::move(blocks_.front()));
        blocks_.pop_front();
      } else if (!votes_.empty()) {
        next.push_back(std::move(votes_.back()));  // the bug: first in, first out
        votes_.pop_back();
      }
      applying_ = true;
      lock.unlock();
      context().node->Tick(interval);
      for (Routed& routed : next) Apply(routed);
      lock.lock();
      applying_ = false;
      ticked_ = interval;
      if (loop_waits_ && IdleLocked()) {
        loop_waits_ = false;
        context().wake();
      }
    }
  }
  void Apply(Routed& routed) {
    routed.event.name = routed.name;
    routed.event.peer = routed.peer;
    routed.event.payload = routed.payload;
    context().node->Apply(routed.instance, routed.sequence, routed.event);
  }

  std::mutex mutex_;  // everything below, but for the thread
  std::condition_variable to_do_;
  std::deque<Routed> blocks_, votes_;
  uint64_t interval_ = 0, ticked_ = 0;
  bool applying_ = false, loop_waits_ = false, ending_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeLifoVotes(dispatch::DispatcherContext context) {
  return std::make_unique<LifoVotes>(std::move(context));
}

}  // namespace heddle::bugs
