// Stacks as addresses, and the modules the addresses lie in: the supervisor turns both into names.
#ifndef HEDDLE_SIM_RUNTIME_CORE_STACKS_H_
#define HEDDLE_SIM_RUNTIME_CORE_STACKS_H_

#include "sim/protocol/control.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The calling thread's stack. In a signal handler too.
void CaptureStack(ThreadReport* report);
// Where `self`, the calling thread, is with its pending operation, for kernel.log.details.
void CapturePending(Thread* self);
// The calling thread's innermost frames, `most` at most; 0 for those that there are not.
void CaptureFrames(uint64_t* pcs, uint32_t most);
// The frames of the thread that has control, the caller of the interposed function that it is in
// first. By frame pointers, in some nanoseconds: fewer where code without them is in between.
void CaptureCallers(const Thread* self, uint64_t* pcs, uint32_t most);
// Writes the loaded modules into the control block; of more than kMaxModules the first.
void FillModules();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_STACKS_H_
