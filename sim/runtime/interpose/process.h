// What a simulated process is and draws.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_PROCESS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_PROCESS_H_

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// gettid() of a simulated thread: the same in every run.
int VirtualThreadId(Thread* self);
// A point; fills the buffer from the schedule's own stream.
void FillRandom(Thread* self, void* buffer, size_t size);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_PROCESS_H_
