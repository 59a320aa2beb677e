// How many steps an execution has: the k of strategies that place something at a random step.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_LENGTH_ESTIMATE_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_LENGTH_ESTIMATE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// The longest of the last executions, unless it is far longer than most: one that spins would put
// nearly all steps behind the end of the others. Then three of four executions get a length that
// two thirds of the last ones do not exceed.
class LengthEstimate {
 public:
  // `told` > 0: that, always.
  explicit LengthEstimate(uint32_t told) : told_(told) {}

  // 0: nothing is known yet.
  uint32_t Draw(Random& random) const {
    if (told_ != 0 || count_ == 0) return told_;
    std::array<uint32_t, kKept> sorted = lengths_;
    const size_t known = std::min(count_, kKept);
    std::sort(sorted.begin(), sorted.begin() + known);
    const uint32_t longest = sorted[known - 1], usual = sorted[(known - 1) * 2 / 3];
    const bool outlier = longest / kFarLonger > usual;
    return outlier && random.Below(4) != 0 ? usual : longest;
  }

  // An execution that ran out of its budget says nothing about the length of the others.
  void Add(uint32_t steps, ExecutionEnd end) {
    if (end == ExecutionEnd::kAbandoned || steps == 0) return;
    lengths_[count_++ % kKept] = steps;
  }

 private:
  static constexpr size_t kKept = 32;
  static constexpr uint32_t kFarLonger = 4;  // times

  const uint32_t told_;
  size_t count_ = 0;
  std::array<uint32_t, kKept> lengths_{};
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_LENGTH_ESTIMATE_H_
