// The numbers a program gets for its process and threads.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// What gettid() says: the same in every run of a schedule; the main thread's is getpid()'s.
int VirtualThreadId(const Thread* self);
// The thread that is alive and has that number; null when there is none.
const Thread* FindThreadById(int thread_id);
// The system's number of the process, or of the thread of this process, that the program names; 0,
// which is the caller, stays 0. -1: there is no such process.
int RealProcess(int process);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
