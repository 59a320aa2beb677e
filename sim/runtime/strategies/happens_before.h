// The happens-before relation of one execution, kept step by step.
//
// Two steps are ordered when they are of one thread, or depend on each other, or by a chain of
// these: the partial order of a Mazurkiewicz trace (A. Mazurkiewicz, "Trace Theory", 1987), held as
// vector clocks (C. Fidge and F. Mattern, 1988-89). Executions with equal partial orders are
// equivalent.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_HAPPENS_BEFORE_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_HAPPENS_BEFORE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Whether the order of two operations can matter: MayConflict(); for the jump of the clock also
// everything that ends or can cancel a deadline (a signal to a timed waiter does not touch the
// clock, yet comes before or after its timeout); and for whatever moves time, all that sets one.
bool Depends(const Operation& a, const Operation& b);

// Whether there may be a deadline once the operation is done. Conservative. In an execution without
// one the clock has nothing to jump to, in whatever order its steps are done.
bool MaySetDeadline(const Operation& operation);

// Whether `pending` could have been enabled where `done` was performed by another thread. False for
// pairs like an unlock and a lock of one mutex: their order cannot be turned round by itself.
bool MayBeCoEnabled(const Operation& done, const Operation& pending);

class HappensBefore {
 public:
  void Clear();

  // Appends a step of `thread` (kClock included). Steps count from 0.
  void Add(ThreadNumber thread, const Operation& operation);

  uint32_t size() const { return static_cast<uint32_t>(steps_.size()); }
  const Operation& OperationOf(uint32_t step) const { return steps_[step].operation; }
  // Threads are renumbered densely, the clock being 0 and thread t being t + 1.
  static uint32_t Dense(ThreadNumber thread) { return thread == kClock ? 0 : thread + 1; }
  uint32_t ThreadOf(uint32_t step) const { return steps_[step].thread; }

  // Whether `earlier` happens before `later` or is the same; both are steps, earlier <= later.
  bool Before(uint32_t earlier, uint32_t later) const {
    return steps_[earlier].position <= ClockOf(later, steps_[earlier].thread);
  }
  // How many of dense thread `thread`'s steps happen before `step` or are it.
  uint32_t ClockOf(uint32_t step, uint32_t thread) const {
    const Step& s = steps_[step];
    return thread < s.clock_size ? clocks_[s.clock + thread] : 0;
  }

  bool HasStepAfter(ThreadNumber thread, uint32_t step) const {
    const uint32_t dense = Dense(thread);
    return dense < steps_of_.size() && !steps_of_[dense].empty() && steps_of_[dense].back() > step;
  }

  // Whether, among the steps after `step` that it does not happen before, some step is one that
  // `next` depends on.
  bool MayEnable(uint32_t step, const Operation& next) const;

  // The threads that can begin the sequence of all steps after `step` that it does not happen
  // before, followed by `next` of `thread`.
  void Initials(uint32_t step, ThreadNumber thread, const Operation& next,
                std::vector<ThreadNumber>& initials) const;

  // Calls visit(step) for every step of another thread that does not happen before what `thread`
  // has done so far, the latest of each thread first. `visit` returns false to go on to the next
  // thread.
  template <typename Visit>
  void ForEachUnordered(ThreadNumber thread, Visit visit) const {
    const uint32_t self = Dense(thread);
    for (uint32_t other = 0; other < steps_of_.size(); ++other) {
      if (other == self) continue;
      const std::vector<uint32_t>& steps = steps_of_[other];
      const uint32_t ordered =
          self < now_.size() && other < now_[self].size() ? now_[self][other] : 0;
      for (size_t i = steps.size(); i > ordered; --i) {
        if (!visit(steps[i - 1])) break;
      }
    }
  }

 private:
  struct Step {
    Operation operation;
    uint32_t thread;    // dense
    uint32_t position;  // among its thread's steps, from 1
    size_t clock;       // of its vector clock in clocks_
    uint32_t clock_size;
  };

  void MakeRoomFor(uint32_t dense);
  void Join(std::vector<uint32_t>& clock, uint32_t step) const;

  ThreadNumber created_ = 0;  // the latest thread: they are numbered in order of creation
  std::vector<Step> steps_;
  std::vector<uint32_t> clocks_;
  std::vector<std::vector<uint32_t>> steps_of_;  // by dense thread
  std::vector<std::vector<uint32_t>> now_;       // each dense thread's clock after its last step
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_HAPPENS_BEFORE_H_
