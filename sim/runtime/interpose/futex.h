// The futex system call under control.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_FUTEX_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_FUTEX_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The arguments are the system call's, in order; `fourth` is its timeout or second count. Called by
// the running thread `self`. As syscall() does: -1 and errno on failure.
long Futex(Thread* self, uint32_t* word, int operation, uint32_t value, long fourth,
           uint32_t* word2, uint32_t value3);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_FUTEX_H_
