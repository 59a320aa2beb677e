// The priorities of the threads, of strategies that always run the thread of the highest (PCT and
// what comes of it). What the papers do not have:
//   - yields: a thread that yields goes below everybody every other time, else a spinning thread of
//     high priority would never let go; and not every time, else what yields a few times before it
//     sleeps in the kernel (libstdc++'s atomic wait) would hardly ever be seen asleep;
//   - spinning: a thread that changes nothing for kMaxIdleSteps steps in a row, while others could
//     run, goes below everybody too. So one thread that spins does not stop the others until the
//     kernel's bound;
//   - the clock: "time jumps" is one more thread, which draws a new priority after each jump.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_THREAD_PRIORITIES_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_THREAD_PRIORITIES_H_

#include <cstdint>
#include <vector>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

class ThreadPriorities {
 public:
  // More than what spins before it sleeps does (libstdc++ and glibc: some tens of tries), far less
  // than the bound on passing over (sim/runtime/bounds.h).
  static constexpr uint32_t kMaxIdleSteps = 200;

  // What the last step was, of a row of steps of one thread that change nothing.
  struct IdleSteps {
    bool goes_on = false;   // one more of such a row
    uint32_t gave_way = 0;  // > 0: the row had so many, and the thread has gone below everybody
  };

  // `random` is the strategy's, and must outlive this.
  explicit ThreadPriorities(Random& random) : random_(random) {}

  // Before each execution, behind the seeding of `random`.
  void Begin() {
    priorities_.clear();
    clock_priority_ = DrawInitial();
    yielded_priority_ = kLowered;
    idle_thread_ = kNoThread;
    idle_steps_ = 0;
  }

  // Below those that were not lowered. `place`, from 1 on: the highest goes first.
  void Lower(ThreadNumber thread, uint64_t place) { Of(thread) = kLowered + place; }

  // What the last step means for the priorities. At each point, first.
  IdleSteps TakeNote(const Point& point) {
    if (point.last_thread == kClock) clock_priority_ = DrawInitial();
    const IdleSteps idle = TakeNoteOfIdleStep(point);
    if (point.current == kNoCandidate) return idle;
    const Candidate& current = point.candidates[point.current];
    if (Yields(*current.next) && random_.Below(2) == 0) GoBelow(current.thread);
    return idle;
  }

  // Which candidate has the highest.
  uint32_t Highest(const Point& point) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < point.candidates.size(); ++i) {
      if (Of(point.candidates[i].thread) > Of(point.candidates[best].thread)) best = i;
    }
    return best;
  }

 private:
  // From the highest band to the lowest: initial ones (random), lowered ones (by place), those of
  // threads that gave way (falling).
  static constexpr uint64_t kInitial = uint64_t{1} << 63;
  static constexpr uint64_t kLowered = uint64_t{1} << 62;

  uint64_t DrawInitial() { return kInitial | random_.Next() >> 1; }

  uint64_t& Of(ThreadNumber thread) {
    if (thread == kClock) return clock_priority_;
    while (priorities_.size() <= thread) priorities_.push_back(DrawInitial());
    return priorities_[thread];
  }

  void GoBelow(ThreadNumber thread) { Of(thread) = --yielded_priority_; }

  IdleSteps TakeNoteOfIdleStep(const Point& point) {
    const bool same = point.last_thread == idle_thread_;
    idle_thread_ = point.last_thread;
    const bool idle = point.last.access != Access::kWrite && point.candidates.size() > 1 &&
                      point.current != kNoCandidate;
    IdleSteps row{.goes_on = idle && same};
    idle_steps_ = !idle ? 0 : same ? idle_steps_ + 1 : 1;
    if (idle_steps_ < kMaxIdleSteps) return row;
    GoBelow(point.last_thread);
    row.gave_way = idle_steps_;
    idle_steps_ = 0;
    return row;
  }

  Random& random_;
  std::vector<uint64_t> priorities_;  // by thread number
  uint64_t clock_priority_ = 0;
  uint64_t yielded_priority_ = 0;         // of the latest thread that gave way
  ThreadNumber idle_thread_ = kNoThread;  // that did the last step
  uint32_t idle_steps_ = 0;               // its steps in a row that changed nothing
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_THREAD_PRIORITIES_H_
