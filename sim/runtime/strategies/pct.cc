// PCT. Notation of the paper (Burckhardt et al., ASPLOS 2010, section 3): n threads, k steps, depth
// d.
//
//   1. Give the n threads distinct random priorities, all above d.
//   2. Pick d - 1 change points k_1 ... k_(d-1) at random in [1, k]; k_i goes with the priority i.
//   3. Always run the enabled thread of the highest priority. When the k_i-th step is about to be
//      taken, lower the priority of the thread that would take it to i.
//
// Steps without a choice are not counted (section 4.1 there: sequential execution), nor those of a
// thread that spins until it gives way (thread_priorities.h): so they do not hide how long an
// execution is. k is learnt from the executions so far (length_estimate.h).
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/length_estimate.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/thread_priorities.h"

namespace heddle::sim {
namespace {

class Pct final : public Strategy {
 public:
  explicit Pct(const PctOptions& options) : options_(options), length_(options.steps) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    priorities_.Begin();
    steps_ = 0;
    DrawChangePoints();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    steps_ -= std::min(steps_, priorities_.TakeNote(point).gave_way);
    uint32_t best = priorities_.Highest(point);
    if (point.candidates.size() == 1) return best;
    ++steps_;
    for (size_t i = 0; i < change_points_.size(); ++i) {
      if (change_points_[i] != steps_) continue;
      priorities_.Lower(point.candidates[best].thread, 1 + i);
      best = priorities_.Highest(point);
    }
    return best;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    length_.Add(steps_, end);
  }

 private:
  void DrawChangePoints() {
    change_points_.clear();
    const uint32_t length = length_.Draw(random_);
    if (length == 0) return;
    for (uint32_t i = 1; i < options_.depth; ++i) {
      change_points_.push_back(1 + random_.Below(length));
    }
  }

  const PctOptions options_;
  LengthEstimate length_;  // k
  Random random_;
  ThreadPriorities priorities_{random_};
  std::vector<uint32_t> change_points_;
  uint32_t steps_ = 0;  // with a choice, in this execution
};

}  // namespace

std::unique_ptr<Strategy> MakePct(const PctOptions& options) {
  return std::make_unique<Pct>(options);
}

}  // namespace heddle::sim
