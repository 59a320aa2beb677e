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
// Where it departs from the paper: a store goes behind others now and then, as RC11 allows; what
// PCT does about threads that yield or spin, and about the clock (pct.cc); k is the largest number
// of events so far.
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/strategies.h"

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
    clock_priority_ = DrawInitial();
    yielded_priority_ = kPicked;
    events_ = idle_steps_ = idle_events_ = 0;
    idle_thread_ = kNoThread;
    Pick();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    for (;;) {
      const uint32_t best = Highest(point);
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
      thread.priority = kPicked + static_cast<uint64_t>(picked_.end() - picked);
    }
  }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    if (At(choice.thread).picked) return random_.Below(std::min(choice.count, options_.history));
    if (choice.operation->kind != OpKind::kAtomicStore) return choice.count - 1;
    return random_.Below(kBehind) == 0 ? random_.Below(choice.count) : 0;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    if (options_.events == 0 && end != ExecutionEnd::kAbandoned) most_ = std::max(most_, events_);
  }

 private:
  // Priorities, from the highest band to the lowest: initial ones (random), those of picked events,
  // those of threads that yielded (falling).
  static constexpr uint64_t kInitial = uint64_t{1} << 63;
  static constexpr uint64_t kPicked = uint64_t{1} << 62;
  // One store of so many may go behind others.
  static constexpr uint32_t kBehind = 16;
  static constexpr uint32_t kMaxIdleSteps = 200;  // as in pct.cc

  struct Thread {
    uint64_t priority = 0;
    bool counted = false;  // the event that it is about to do
    bool picked = false;   // and it is one of those that communicate
  };

  uint64_t DrawInitial() { return kInitial | random_.Next() >> 1; }

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
    while (threads_.size() <= thread) threads_.push_back({.priority = DrawInitial()});
    return threads_[thread];
  }
  uint64_t& Priority(ThreadNumber thread) {
    return thread == kClock ? clock_priority_ : At(thread).priority;
  }

  // What the last step means for the priorities.
  void TakeNote(const Point& point) {
    if (point.last_thread == kClock) {
      clock_priority_ = DrawInitial();
    } else if (point.last_thread != kNoThread) {
      Thread& thread = At(point.last_thread);
      thread.counted = thread.picked = false;
    }
    TakeNoteOfIdleStep(point);
    if (point.current == kNoCandidate) return;
    const Candidate& current = point.candidates[point.current];
    if (Yields(*current.next) && random_.Below(2) == 0) {
      Priority(current.thread) = --yielded_priority_;
    }
  }

  void TakeNoteOfIdleStep(const Point& point) {
    const bool same = point.last_thread == idle_thread_;
    idle_thread_ = point.last_thread;
    const bool idle = point.last.access != Access::kWrite && point.candidates.size() > 1 &&
                      point.current != kNoCandidate;
    if (!idle || !same) {
      idle_steps_ = idle ? 1 : 0;
      idle_events_ = 0;
      return;
    }
    if (++idle_steps_ < kMaxIdleSteps) return;
    Priority(point.last_thread) = --yielded_priority_;
    events_ -= std::min(events_, idle_events_);
    idle_steps_ = idle_events_ = 0;
  }

  uint32_t Highest(const Point& point) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < point.candidates.size(); ++i) {
      if (Priority(point.candidates[i].thread) > Priority(point.candidates[best].thread)) best = i;
    }
    return best;
  }

  const PctwmOptions options_;
  uint32_t most_;  // k
  Random random_;
  std::vector<Thread> threads_;  // by number
  uint64_t clock_priority_ = 0;
  uint64_t yielded_priority_ = 0;         // of the latest thread that yielded
  std::vector<uint32_t> picked_;          // events, the first one gets the highest priority
  uint32_t events_ = 0;                   // in this execution
  ThreadNumber idle_thread_ = kNoThread;  // that did the last step
  uint32_t idle_steps_ = 0;               // its steps in a row that changed nothing
  uint32_t idle_events_ = 0;              // events among them
};

}  // namespace

std::unique_ptr<Strategy> MakePctwm(const PctwmOptions& options) {
  return std::make_unique<Pctwm>(options);
}

}  // namespace heddle::sim
