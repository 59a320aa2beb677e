// Which schedules a systematic search may leave out because no fair scheduler shows them.
//
// A thread that waits for another by yielding or sleeping in a loop makes the tree of schedules
// infinite: leave it alone and it does so for ever. After M. Musuvathi and S. Qadeer, "Fair
// Stateless Model Checking", PLDI 2008: a thread that has done so often while another could run all
// that time gives way to it.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_YIELD_FAIRNESS_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_YIELD_FAIRNESS_H_

#include <cstdint>
#include <vector>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Enough for what spins a little before it sleeps (libstdc++'s atomic wait yields four times) to be
// seen asleep while others can run.
inline constexpr uint8_t kMaxIdleYields = 5;

class YieldFairness {
 public:
  void Clear() {
    for (std::vector<uint8_t>& row : idle_yields_) row.clear();
  }

  // Takes note of the step before `point`.
  void Note(const Point& point) {
    if (point.last_thread >= kNoThread) return;  // the clock, or the first point
    for (std::vector<uint8_t>& row : idle_yields_) {
      if (point.last_thread < row.size()) row[point.last_thread] = 0;
    }
    if (!Yields(point.last)) return;  // a sleep counts once, when it begins
    if (idle_yields_.size() <= point.last_thread) idle_yields_.resize(point.last_thread + 1);
    std::vector<uint8_t>& row = idle_yields_[point.last_thread];
    for (const Candidate& other : point.candidates) {
      if (other.thread == kClock || other.thread == point.last_thread) continue;
      if (row.size() <= other.thread) row.resize(other.thread + 1);
      if (row[other.thread] < kMaxIdleYields) ++row[other.thread];
    }
  }

  // Whether `thread` must not be chosen at `point`, for the sake of another candidate.
  bool GivesWay(ThreadNumber thread, const Point& point) const {
    if (thread >= idle_yields_.size()) return false;
    const std::vector<uint8_t>& row = idle_yields_[thread];
    for (const Candidate& other : point.candidates) {
      if (other.thread < row.size() && row[other.thread] >= kMaxIdleYields) return true;
    }
    return false;
  }

 private:
  // [t][u]: how often t yielded or slept while u could run, since u last ran.
  std::vector<std::vector<uint8_t>> idle_yields_;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_YIELD_FAIRNESS_H_
