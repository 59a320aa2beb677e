// What modelled system calls are given by address: a bad address is EFAULT, as the system says,
// where libc's function would crash.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_POINTERS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_POINTERS_H_

#include "sim/runtime/interpose/system_calls.h"

namespace heddle::sim::runtime {

// EFAULT when an argument of the call that the model itself reads or writes is no address of the
// program's memory, or EBADF when it is of a descriptor that is not open, which the system sees
// first; else 0. (Buffers are the system's to judge, and of what the model writes it is not asked
// whether it may. Of several messages the first one is looked at.)
int PointerError(long number, const SystemCallArguments& arguments);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_POINTERS_H_
