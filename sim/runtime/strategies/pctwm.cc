// PCTWM: M. Gao, S. Chakraborty and B. Kulahcioglu Ozkan, "Probabilistic Concurrency Testing for
// Weak Memory Programs", ASPLOS 2023. Notation of the paper: k communication events, d of which a
// bug needs, history depth h.
//
//   1. Give the threads distinct random priorities, all above d.
//   2. Pick d of the k communication events (loads, read-modify-writes, fences) at random, in an
//      order.
//   3. Always run the enabled thread of the highest priority. When one of the picked events is
//      about to be done, lower its thread's priority to the event's place in the order: so others
//      go first, and it can read what they store.
//   4. A picked event reads one of the h newest stores, all alike. All others are local: they read
//      the oldest store that they may, so that nothing is learnt from other threads.
//
// Where it departs from the paper: a store goes behind others now and then, as RC11 allows, and a
// weak compare-exchange fails by itself; what
// is done about threads that yield or spin, and about the clock (thread_priorities.h); k is the
// largest number of events so far.
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/thread_priorities.h"

namespace heddle::sim {
namespace {

bool Communicates(const Operation& operation) {
  return operation.kind == OpKind::kAtomicLoad || operation.kind == OpKind::kAtomicRmw ||
         operation.kind == OpKind::kFence;
}

class Pctwm final : public Strategy {
 public:
  explicit Pctwm(const PctwmOptions& options) : options_(options), most_(options.events) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    threads_.clear();
    priorities_.Begin();
    events_ = idle_events_ = 0;
    Pick();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    for (;;) {
      const uint32_t best = priorities_.Highest(point);
      const Candidate& candidate = point.candidates[best];
      if (candidate.thread == kClock || !Communicates(*candidate.next)) return best;
      Thread& thread = At(candidate.thread);
      if (thread.counted) return best;
      thread.counted = true;
      ++events_;
      ++idle_events_;
      const auto picked = std::find(picked_.begin(), picked_.end(), events_);
      if (picked == picked_.end()) return best;
      thread.picked = true;
      priorities_.Lower(candidate.thread, static_cast<uint64_t>(picked_.end() - picked));
    }
  }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    const uint32_t stores = choice.count - (choice.last_fails ? 1 : 0);
    if (choice.last_fails && random_.Below(kFails) == 0) return stores;
    if (At(choice.thread).picked) return random_.Below(std::min(stores, options_.history));
    if (choice.operation->kind != OpKind::kAtomicStore) return stores - 1;
    return random_.Below(kBehind) == 0 ? random_.Below(choice.count) : 0;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    if (options_.events == 0 && end != ExecutionEnd::kAbandoned) most_ = std::max(most_, events_);
  }

 private:
  // One store of so many may go behind others; one weak compare-exchange of so many fails by
  // itself.
  static constexpr uint32_t kBehind = 16;
  static constexpr uint32_t kFails = 8;

  struct Thread {
    bool counted = false;  // the event that it is about to do
    bool picked = false;   // and it is one of those that communicate
  };

  // d distinct events, as far as there are so many, in a random order.
  void Pick() {
    picked_.clear();
    while (picked_.size() < std::min(options_.depth, most_)) {
      const uint32_t event = 1 + random_.Below(most_);
      if (std::find(picked_.begin(), picked_.end(), event) == picked_.end()) {
        picked_.push_back(event);
      }
    }
  }

  Thread& At(ThreadNumber thread) {
    if (threads_.size() <= thread) threads_.resize(thread + 1);
    return threads_[thread];
  }

  void TakeNote(const Point& point) {
    if (point.last_thread != kClock && point.last_thread != kNoThread) {
      Thread& thread = At(point.last_thread);
      thread.counted = thread.picked = false;
    }
    // The events of a thread that spins do not count.
    const ThreadPriorities::IdleSteps idle = priorities_.TakeNote(point);
    if (idle.gave_way > 0) events_ -= std::min(events_, idle_events_);
    if (!idle.goes_on || idle.gave_way > 0) idle_events_ = 0;
  }

  const PctwmOptions options_;
  uint32_t most_;  // k
  Random random_;
  ThreadPriorities priorities_{random_};
  std::vector<Thread> threads_;   // by number
  std::vector<uint32_t> picked_;  // events, the first one gets the highest priority
  uint32_t events_ = 0;           // in this execution
  uint32_t idle_events_ = 0;      // of them, in the present row of idle steps
};

}  // namespace

std::unique_ptr<Strategy> MakePctwm(const PctwmOptions& options) {
  return std::make_unique<Pctwm>(options);
}

}  // namespace heddle::sim
