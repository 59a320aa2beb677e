// The program's random stream.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_RANDOMNESS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_RANDOMNESS_H_

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// A point of the running thread `self`; then `size` bytes of the schedule's stream.
void FillRandom(Thread* self, void* buffer, size_t size);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_RANDOMNESS_H_
