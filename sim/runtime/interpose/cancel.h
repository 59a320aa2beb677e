// The cancellation of threads, and ending one by unwinding its stack.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_CANCEL_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_CANCEL_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// What `arrived_info` names when what has arrived is an asynchronous cancellation.
inline constexpr int kCancelSignal = 0;

// `self`, the running thread, was cancelled: unwinds its stack, as pthread_exit() does.
[[noreturn]] void Cancel(Thread* self);
// The same, when it was cancelled and does not hold that off: a cancellation point.
inline void CancellationPoint(Thread* self) {
  if (__builtin_expect(CancelDue(self), 0)) Cancel(self);
}

// Unwinds the stack of `self`, the running thread, to its start, through cleanup handlers.
[[noreturn]] void UnwindThread(Thread* self, void* result);
// main() of the program, called so that pthread_exit() in it comes back to here.
int CallMain(int (*main)(int, char**, char**), int argc, char** argv, char** environment);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_CANCEL_H_
