// What the tests of the random strategies share.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_SAMPLING_TEST_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_SAMPLING_TEST_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sim/runtime/strategies/testing/explore.h"

namespace heddle::sim::model {

struct Samples {
  int failed = 0;  // executions that ended in a finding of kFailUnless
  uint64_t longest = 0;
  std::set<std::string> results;
  std::vector<std::string> schedules;
};

// Runs `executions` executions, seeded by their number.
inline Samples Sample(const Program& program, Strategy& strategy, int executions) {
  Samples samples;
  for (int i = 0; i < executions; ++i) {
    strategy.NewExecution(Random(1000 + i));
    const Machine machine = RunOnce(program, strategy);
    samples.failed += machine.Failed();
    samples.longest = std::max(samples.longest, machine.Steps());
    samples.results.insert(machine.Result());
    samples.schedules.push_back(machine.Schedule());
  }
  return samples;
}

// What `random` does, to compare with.
class Uniform final : public Strategy {
 public:
  bool NewExecution(const Random& random) override {
    random_ = random;
    return true;
  }
  uint32_t Choose(const Point& point) override {
    return random_.Below(static_cast<uint32_t>(point.candidates.size()));
  }

 private:
  Random random_;
};

// `count` steps that nobody else takes note of.
inline void Private(std::vector<Instruction>& code, int count, int object) {
  for (int i = 0; i < count; ++i) code.push_back({Do::kAdd, object, 1});
}

// A finding unless the register holds `value`.
inline void FailIfReads(std::vector<Instruction>& code, int value) {
  const int after = static_cast<int>(code.size()) + 2;
  code.push_back({Do::kJumpIfNot, after, value});
  code.push_back({Do::kFailUnless, 0, value + 1});
}

// Two threads that wait for a third in a yielding loop.
inline Program SpinningProgram() {
  const std::vector<Instruction> spin = {
      {Do::kLoad, 0}, {Do::kJumpIfNot, 4, 0}, {Do::kYield}, {Do::kJumpIf, 0, 0}, {Do::kAdd, 1, 1}};
  return {.threads = {spin, spin, {{Do::kAdd, 2, 1}, {Do::kStore, 0, 1}}}};
}

}  // namespace heddle::sim::model

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_SAMPLING_TEST_H_
