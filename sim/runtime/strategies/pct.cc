// PCT. Notation of the paper (Burckhardt et al., ASPLOS 2010, section 3): n threads, k steps, depth
// d.
//
//   1. Give the n threads distinct random priorities, all above d.
//   2. Pick d - 1 change points k_1 ... k_(d-1) at random in [1, k]; k_i goes with the priority i.
//   3. Always run the enabled thread of the highest priority. When the k_i-th step is about to be
//      taken, lower the priority of the thread that would take it to i.
//
// Steps without a choice are not counted (section 4.1 there: sequential execution). What the paper
// does not have:
//   - yields: a thread that yields goes below everybody every other time, else a spinning thread of
//     high priority would never let go; and not every time, else what yields a few times before it
//     sleeps in the kernel (libstdc++'s atomic wait) would hardly ever be seen asleep;
//   - spinning: a thread that changes nothing for kMaxIdleSteps steps in a row, while others could
//     run, goes below everybody too, and these steps do not count. So one thread that spins neither
//     stops the others until the kernel's bound nor hides how long an execution is;
//   - the clock: "time jumps" is one more thread, which draws a new priority after each jump;
//   - k: learnt from the executions so far (length_estimate.h).
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/length_estimate.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

// Priorities, from the highest band to the lowest: initial ones (random), those of change points
// (i), those of threads that yielded (falling).
constexpr uint64_t kInitial = uint64_t{1} << 63;
constexpr uint64_t kChanged = uint64_t{1} << 62;

// More than what spins before it sleeps does (libstdc++ and glibc: some tens of tries), far less
// than the bound on passing over (sim/runtime/bounds.h).
constexpr uint32_t kMaxIdleSteps = 200;

class Pct final : public Strategy {
 public:
  explicit Pct(const PctOptions& options) : options_(options), length_(options.steps) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    priorities_.clear();
    clock_priority_ = DrawInitial();
    yielded_priority_ = kChanged;
    steps_ = 0;
    idle_steps_ = 0;
    DrawChangePoints();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    uint32_t best = Highest(point);
    if (point.candidates.size() == 1) return best;
    ++steps_;
    for (size_t i = 0; i < change_points_.size(); ++i) {
      if (change_points_[i] != steps_) continue;
      Priority(point.candidates[best].thread) = kChanged + 1 + i;
      best = Highest(point);
    }
    return best;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    length_.Add(steps_, end);
  }

 private:
  uint64_t DrawInitial() { return kInitial | random_.Next() >> 1; }

  void DrawChangePoints() {
    change_points_.clear();
    const uint32_t length = length_.Draw(random_);
    if (length == 0) return;
    for (uint32_t i = 1; i < options_.depth; ++i) {
      change_points_.push_back(1 + random_.Below(length));
    }
  }

  uint64_t& Priority(ThreadNumber thread) {
    if (thread == kClock) return clock_priority_;
    while (priorities_.size() <= thread) priorities_.push_back(DrawInitial());
    return priorities_[thread];
  }

  // What the last step means for the priorities.
  void TakeNote(const Point& point) {
    if (point.last_thread == kClock) clock_priority_ = DrawInitial();
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
    idle_steps_ = !idle ? 0 : same ? idle_steps_ + 1 : 1;
    if (idle_steps_ < kMaxIdleSteps) return;
    Priority(point.last_thread) = --yielded_priority_;
    steps_ -= std::min(steps_, idle_steps_);
    idle_steps_ = 0;
  }

  uint32_t Highest(const Point& point) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < point.candidates.size(); ++i) {
      if (Priority(point.candidates[i].thread) > Priority(point.candidates[best].thread)) best = i;
    }
    return best;
  }

  const PctOptions options_;
  LengthEstimate length_;  // k
  Random random_;
  std::vector<uint64_t> priorities_;  // by thread number
  uint64_t clock_priority_ = 0;
  uint64_t yielded_priority_ = 0;  // of the latest thread that yielded
  std::vector<uint32_t> change_points_;
  ThreadNumber idle_thread_ = kNoThread;  // that did the last step
  uint32_t idle_steps_ = 0;               // its steps in a row that changed nothing
  uint32_t steps_ = 0;                    // with a choice, in this execution
};

}  // namespace

std::unique_ptr<Strategy> MakePct(const PctOptions& options) {
  return std::make_unique<Pct>(options);
}

}  // namespace heddle::sim
