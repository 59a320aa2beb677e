// Delay bounding (Emmi, Qadeer and Rakamaric, POPL 2011), sampled at random: a deterministic
// scheduler, which a delay makes skip the thread that is next.
//
//   1. Threads stand in a queue; the first that can go on runs until it blocks, ends or yields, and
//      then stands at its end. Created threads come to the end.
//   2. Pick d steps at random in [1, k]. At each, the thread that would go on goes to the end.
//
// Few bugs take more than two delays, and the paper's bound does not depend on the number of
// threads. Steps without a choice are not counted. Beyond the paper: "time jumps" comes
// last of all, but stands in front of whom a delay sends to the end, so that timeouts come too;
// each execution draws its number of delays, from 0 to d; k is learnt (length_estimate.h).
#include <vector>

#include "sim/runtime/strategies/length_estimate.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

class Delay final : public Strategy {
 public:
  explicit Delay(const DelayOptions& options) : options_(options), length_(options.steps) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    turns_.clear();
    clock_turn_ = kNoTurn;
    turn_ = 0;
    steps_ = 0;
    delays_.clear();
    const uint32_t length = length_.Draw(random_);
    const uint32_t count = length == 0 ? 0 : random_.Below(options_.delays + 1);
    for (uint32_t i = 0; i < count; ++i) delays_.push_back(1 + random_.Below(length));
    return true;
  }

  uint32_t Choose(const Point& point) override {
    const bool goes_on =
        point.current != kNoCandidate && !Yields(*point.candidates[point.current].next);
    if (point.last_thread == kClock) {
      clock_turn_ = kNoTurn;
    } else if (!goes_on && point.last_thread != kNoThread) {
      Turn(point.last_thread) = ++turn_;
    }
    uint32_t first = goes_on ? point.current : First(point);
    if (point.candidates.size() > 1) {
      ++steps_;
      for (const uint32_t delay : delays_) {
        if (delay != steps_) continue;
        // With the clock before it, unless that stands in the queue already.
        if (clock_turn_ == kNoTurn) clock_turn_ = ++turn_;
        Turn(point.candidates[first].thread) = ++turn_;
        first = First(point);
      }
    }
    return first;
  }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    length_.Add(steps_, end);
  }

 private:
  static constexpr uint64_t kNoTurn = ~uint64_t{0};

  // When it went to the end of the queue.
  uint64_t& Turn(ThreadNumber thread) {
    if (thread == kClock) return clock_turn_;
    while (turns_.size() <= thread) turns_.push_back(++turn_);
    return turns_[thread];
  }

  uint32_t First(const Point& point) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < point.candidates.size(); ++i) {
      if (Turn(point.candidates[i].thread) < Turn(point.candidates[first].thread)) first = i;
    }
    return first;
  }

  const DelayOptions options_;
  Random random_;
  LengthEstimate length_;
  std::vector<uint32_t> delays_;  // the steps that have one
  std::vector<uint64_t> turns_;   // by thread number
  uint64_t clock_turn_ = kNoTurn, turn_ = 0;
  uint32_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Strategy> MakeDelay(const DelayOptions& options) {
  return std::make_unique<Delay>(options);
}

}  // namespace heddle::sim
