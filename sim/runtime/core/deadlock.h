// Who waits for whom, and the verdict when everyone sleeps for good.
#ifndef HEDDLE_SIM_RUNTIME_CORE_DEADLOCK_H_
#define HEDDLE_SIM_RUNTIME_CORE_DEADLOCK_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The thread that could end this thread's wait, if that is known to be one thread: the holder of
// the lock, the thread to join, the one that ends the process. Otherwise null.
const Thread* WaitsFor(const Thread* thread);

// No thread can run and there is no deadline. It is a deadlock if a thread waits for what somebody
// holds: in a cycle of holders, for a lock whose holder sleeps or has ended, or for room to write.
// When all threads wait to be woken (or for the end of one that does), a wake-up was lost or was
// never sent. Tells the strategy, then ends with the finding.
[[noreturn]] void NobodyCanRun();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_DEADLOCK_H_
