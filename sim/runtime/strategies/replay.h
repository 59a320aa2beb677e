// Following a recorded schedule.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_REPLAY_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_REPLAY_H_

#include <memory>
#include <span>

#include "sim/protocol/step.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Called at the first difference between the recording and the execution; must not return.
// `message` names the point, what was expected and what came.
using OnDivergence = void (*)(const char* message);

// What a recording does not say.
enum class ReplayEnd : uint8_t {
  kWithRecording,  // the execution ends where the recording does; one step more is a divergence
  kOpen,  // a crash cut the recording short: the default schedule (FIFO) goes on from there
};

// Chooses at each point the thread that the recording names, and compares its operation with the
// recorded one. `steps` stay the caller's and outlive the strategy.
std::unique_ptr<Strategy> MakeReplay(std::span<const Step> steps, ReplayEnd end,
                                     OnDivergence on_divergence);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_REPLAY_H_
