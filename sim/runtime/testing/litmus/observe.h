// What a litmus program comes to under the runtime.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_
#define HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_

#include <cstdint>

#include "sim/protocol/campaign.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/testing/litmus/program.h"

namespace heddle::sim::litmus {

struct Observed {
  Outcomes outcomes;
  uint64_t executions = 0;
  uint64_t abandoned = 0;  // of them, by dfs: they would repeat others
  bool exhausted = false;  // the search has seen all, and no bound left anything out
};

enum class Search {
  kAll,  // every interleaving of its atomic operations, with every store that each of them may read
  kDfs,  // what the strategy `dfs` takes to be all that can differ
};

// Runs the program in this process (an instrumented build, under no supervisor).
Observed Observe(const Program& program, MemoryModel memory, Search search = Search::kAll);

// How many of so many executions by `strategy` come to `outcome`.
uint64_t CountOf(const Program& program, MemoryModel memory, Strategy* strategy,
                 uint64_t executions, const Outcome& outcome);

}  // namespace heddle::sim::litmus

#endif  // HEDDLE_SIM_RUNTIME_TESTING_LITMUS_OBSERVE_H_
