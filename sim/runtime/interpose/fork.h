// Making child processes, for the calls that do.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_FORK_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_FORK_H_

#include <signal.h>
#include <sys/types.h>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// By the rules of old schedules they are refused.
inline bool ChildrenAreModelled() { return kernel.request.rules >= 3; }

// What fork() does and gives. With `waits`, the parent goes on when the child has ended or is
// another program. errno on failure.
int Fork(Thread* self, bool waits);

// How it ended, from the system: 0 or an errno value. It is not a child of the system's any more
// unless `leave`. For a child of the calling process.
int TakeFromSystem(ChildProcess* child, bool leave, siginfo_t* info);

// Waits for a child with that number and takes it away: waitpid(). -1 and errno on failure.
int WaitForChild(Thread* self, int number, int* status, int options);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_FORK_H_
