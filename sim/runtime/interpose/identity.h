// The numbers a program gets for its process and threads.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_

#include <sys/socket.h>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// What gettid() says: the same in every run of a schedule; the main thread's is getpid()'s.
int VirtualThreadId(const Thread* self);
// The thread that is alive and has that number; null when there is none.
const Thread* FindThreadById(int thread_id);
// The system's number of the process, or of the thread of this process, that the program names; 0,
// which is the caller, stays 0. -1: there is no such process.
int RealProcess(int process);
// The other way, for what the system says of processes. 0: it does not belong to the execution.
int VirtualProcess(int real);
// Who is at the other end of a socket, in the program's numbers.
void TranslateCredentials(ucred* credentials);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_IDENTITY_H_
