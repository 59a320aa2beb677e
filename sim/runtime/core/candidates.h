// Who can go on at this point and who cannot: kernel.candidates. Rebuilt from the thread table
// when `dirty`; in between it holds what the strategy was shown last.
#ifndef HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_
#define HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_

#include <cstdint>

#include "sim/protocol/strategy.h"
#include "sim/runtime/bounds.h"
#include "sim/runtime/core/thread.h"

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

// Makes the list anew, and kernel.view of it: threads in ascending order of slot, the clock last if
// it may move; one alone when fairness asks for it. Asks those again that wait for files. Empty
// when nobody can go on.
void RebuildCandidates();

// The position of the candidate that has waited longest: fair, so that everyone comes to an end.
// The clock only when nobody else can go on. The list must not be empty.
uint32_t LongestWaiting();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CANDIDATES_H_
