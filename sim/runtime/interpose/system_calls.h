// System calls that the program makes itself: by syscall() (syscall.cc), or by an instruction of
// its own (system_call_trap.h). sim/protocol/system_calls.h says what becomes of each.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALLS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALLS_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

using SystemCallArguments = const long[6];

// Does the call for `self`, the running thread, at points where the libc function of that name has
// them. The result is the system's: a negative errno value on failure; errno stays as it is.
// `caller`: the program's code that makes the call.
long SystemCall(Thread* self, long number, SystemCallArguments& arguments, const void* caller);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALLS_H_
