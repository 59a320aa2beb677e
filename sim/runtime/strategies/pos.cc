// POS (Yuan, Yang and Gu, CAV 2018, algorithm 2): every pending operation carries a random
// priority; the highest goes; then the thread's next operation draws a priority, and so does every
// pending operation that races with the one just done. The redraw is what makes rare orders likely:
// a race's two orders are decided afresh, whatever the priorities were before.
//
// Beyond the paper: a thread about to yield comes, every other time, after all others (as in
// thread_priorities.h); and time is let jump ahead of runnable threads at a pace of its own, since
// "the next deadline" is pending all the time and would be drawn every few steps.
#include <vector>

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

class Pos final : public Strategy {
 public:
  explicit Pos(const PosOptions& options) : options_(options) {}

  bool WantsObjects() const override { return true; }

  bool NewExecution(const Random& random) override {
    random_ = random;
    priorities_.clear();
    // Never, rarely or often: no single pace suits every program.
    static constexpr uint32_t kPaces[] = {0, 0, 256, 32, 8};
    const uint32_t drawn = kPaces[random_.Below(std::size(kPaces))];
    pace_ = options_.clock != 0 ? options_.clock : drawn;
    return true;
  }

  uint32_t Choose(const Point& point) override {
    Redraw(point);
    if (point.candidates.size() == 1) return 0;
    const uint32_t threads = ThreadsOf(point);
    const bool clock = threads < point.candidates.size();
    if (clock && pace_ != 0 && random_.Below(pace_) == 0) return threads;
    uint32_t best = 0;
    for (uint32_t i = 1; i < threads; ++i) {
      if (Priority(point.candidates[i].thread) > Priority(point.candidates[best].thread)) best = i;
    }
    return best;
  }

 private:
  double& Priority(ThreadNumber thread) {
    while (priorities_.size() <= thread) priorities_.push_back(random_.Unit());
    return priorities_[thread];
  }

  // After a step: a new priority for its thread's next operation and for all that race with it.
  void Redraw(const Point& point) {
    if (point.last_thread == kNoThread) return;
    if (point.last_thread != kClock) {
      const bool yields =
          point.current != kNoCandidate && Yields(*point.candidates[point.current].next);
      const bool back = yields && random_.Below(2) == 0;
      Priority(point.last_thread) = random_.Unit() - (back ? 1 : 0);
    }
    for (const std::span<const Candidate>& threads : {point.candidates, point.blocked}) {
      for (const Candidate& other : threads) {
        if (other.thread == point.last_thread || other.thread == kClock) continue;
        if (MayConflict(*other.next, point.last)) Priority(other.thread) = random_.Unit();
      }
    }
  }

  const PosOptions options_;
  Random random_;
  std::vector<double> priorities_;  // of each thread's pending operation, by thread number
  uint32_t pace_ = 0;               // one in so many points lets time jump; 0: none
};

}  // namespace

std::unique_ptr<Strategy> MakePos(const PosOptions& options) {
  return std::make_unique<Pos>(options);
}

}  // namespace heddle::sim
