// Who can go on at this point and who cannot: kernel.candidates. Rebuilt from the thread table
// when `dirty`; in between it holds what the strategy was shown last.
#ifndef HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_
#define HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_

#include <cstdint>

#include "sim/protocol/strategy.h"
#include "sim/runtime/core/thread.h"
#include "sim/runtime/runtime.h"

namespace heddle::sim::runtime {

struct CandidateList {
  bool dirty = true;  // must be rebuilt before the next decision
  uint32_t count = 0;
  uint32_t blocked_count = 0;
  Operation clock_operation;
  // By position. All threads that are alive, and the clock.
  Thread* threads[kMaxLiveThreads + 1] = {};  // null: the clock
  Candidate list[kMaxLiveThreads + 1];
  Candidate blocked[kMaxLiveThreads];
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_
