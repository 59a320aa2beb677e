// What a litmus program comes to under the runtime.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_
#define HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_

#include <cstdint>

#include "sim/protocol/campaign.h"
#include "sim/runtime/testing/litmus/program.h"

namespace heddle::sim::litmus {

struct Observed {
  Outcomes outcomes;
  uint64_t executions = 0;
  bool exhausted = false;  // every interleaving and every choice of a store was run
};

// Runs the program in every interleaving of its atomic operations, with every store that each of
// them may read, in this process (an instrumented build, under no supervisor).
Observed Observe(const Program& program, MemoryModel memory);

}  // namespace heddle::sim::litmus

#endif  // HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_
