#include "sim/runtime/strategies/testing/explore.h"

namespace heddle::sim::model {
namespace {

constexpr uint64_t kMaxSteps = 100'000;

void BruteForceFrom(const Machine& machine, Bounds bounds, uint64_t most, Exploration& found) {
  if (!found.complete) return;
  if (machine.Spent().preemptions > bounds.preemptions ||
      machine.Spent().advances > bounds.advances) {
    return;
  }
  if (machine.Over()) {
    found.complete = ++found.schedules <= most;
    found.results.insert(machine.Result());
    found.traces.try_emplace(machine.Trace(), machine.Schedule());
    return;
  }
  for (uint32_t i = 0; i < machine.Candidates(); ++i) {
    Machine next = machine;
    next.Step(i);
    BruteForceFrom(next, bounds, most, found);
  }
}

}  // namespace

Exploration BruteForce(const Program& program, Bounds bounds, uint64_t most_schedules) {
  Exploration found;
  BruteForceFrom(Machine(program), bounds, most_schedules, found);
  return found;
}

Machine RunOnce(const Program& program, Strategy& strategy, bool* abandoned) {
  Machine machine(program);
  bool gave_up = false;
  while (!machine.Over() && machine.Steps() < kMaxSteps) {
    const uint32_t choice = strategy.Choose(machine.MakePoint());
    gave_up = choice == kAbandon;
    if (gave_up) break;
    machine.Step(choice, &strategy);
  }
  if (machine.Over() && !machine.Failed()) strategy.Stuck(machine.MakePoint());
  const bool cut = gave_up || !machine.Over();
  const bool finding = machine.Failed() || machine.Result().find("stuck") != std::string::npos;
  strategy.EndExecution(cut       ? ExecutionEnd::kAbandoned
                        : finding ? ExecutionEnd::kFinding
                                  : ExecutionEnd::kComplete,
                        machine.LastThread(), machine.Last());
  if (abandoned != nullptr) *abandoned = cut;
  return machine;
}

}  // namespace heddle::sim::model
