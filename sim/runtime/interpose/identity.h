// The numbers a program gets for its process and threads.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// What gettid() says: the same in every run of a schedule; the main thread's is getpid()'s.
int VirtualThreadId(const Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
