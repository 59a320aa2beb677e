// Frequent functions of libc in a worker (serve/worker.h), where each system call is looked at: the
// runtime and the sanitizers call others in their place, which come to the guard by a call instead
// of a trap. A trap costs some 2 us.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_DIRECT_CALLS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_DIRECT_CALLS_H_

namespace heddle::sim::runtime {

// In a worker, before its snapshot.
void MakeCallsDirectly();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_DIRECT_CALLS_H_
