// Run(): many executions in this process, without a fork.
#include <cstdio>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/thread.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/serve/control_block.h"
#include "sim/runtime/serve/execution.h"

namespace heddle::sim {
namespace runtime {
namespace {

void FillRequest(const RunOptions& options) {
  Control* control = kernel.control;
  control->spec = options.spec;
  control->replay_steps = options.replay.size();
  kernel.request.replay = options.replay.data();
}

void ChooseStrategy(const RunOptions& options) {
  if (options.strategy_object == nullptr || !options.replay.empty()) return CreateStrategy();
  kernel.strategy = options.strategy_object;
  kernel.request.number_objects = kernel.strategy->WantsObjects();
}

// What happens behind the body, also when that throws.
struct Ending {
  ~Ending() {
    WaitForOthers();
    CheckLeaks();
    LoseControl();
    ResetThreads();
    kernel.control->state =
        kernel.execution.abandoned ? ExecutionState::kAbandoned : ExecutionState::kComplete;
    EndOfExecution();
  }
};

}  // namespace
}  // namespace runtime

using namespace runtime;  // NOLINT: this file is the kernel's

RunResult Run(const RunOptions& options, const std::function<void()>& body) {
  RunResult result;
  if (tls_self != nullptr) Fail(FailureKind::kMisuse, "Run() inside a controlled execution");
  if (kernel.control == nullptr || !LogHolds(options.spec.step_budget)) {
    MakePrivateControl(options.spec.step_budget);
  }
  FillRequest(options);
  ChooseHandOver();
  TakeOutside();
  ChooseStrategy(options);
  kernel.execution.in_run = true;
  const uint64_t executions = options.replay.empty() ? options.executions : 1;
  for (uint64_t execution = 0; execution < executions; ++execution) {
    if (!NextExecution(execution)) {
      result.exhausted = true;
      break;
    }
    // The caller's strategy is the program's.
    const bool alone = options.strategy_object == nullptr && options.after_execution == nullptr;
    TakeControl(execution, execution > 0 && alone ? RanBefore::kExecution : RanBefore::kAnything);
    {
      Ending ending;
      body();
    }
    ++result.executions;
    result.points += kernel.log.points;
    result.switches += kernel.log.switches;
    result.sanitizer_reports += kernel.control->sanitizer_reports;
    if (options.after_execution && !options.after_execution()) break;
  }
  kernel.execution.in_run = false;
  result.progress = kernel.control->progress;
  result.last_points = kernel.log.points;
  result.last_hash = kernel.log.hash;
  result.last_virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  result.last_steps.assign(kernel.log.steps, kernel.log.steps + kernel.log.points);
  return result;
}

}  // namespace heddle::sim
