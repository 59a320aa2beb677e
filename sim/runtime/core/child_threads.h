// The threads of controlled child processes: what they say of themselves there, and the root's
// threads for them (child_processes.h).
#ifndef HEDDLE_SIM_RUNTIME_CORE_CHILD_THREADS_H_
#define HEDDLE_SIM_RUNTIME_CORE_CHILD_THREADS_H_

#include "sim/runtime/core/child_processes.h"

namespace heddle::sim::runtime {

// In the child `own`: writes down what its threads do next. `ran`, null for none, has another
// operation than before.
void AnnounceThreads(ChildProcess* own, const Thread* ran);

// In the root: the child at `index` of the table has the thread in that slot.
void AddChildThread(const ChildProcess* child, uint32_t index, uint32_t slot, ThreadNumber number);
// What all threads of the child do next. `ready` asks one of them.
void TakeAnnouncements(ChildProcess* child, uint32_t index, Ready ready);
// It has none any more.
void RemoveChildThreads(uint32_t index);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CHILD_THREADS_H_
