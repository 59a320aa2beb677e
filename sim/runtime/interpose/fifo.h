// open() of a FIFO waits until somebody opens the other end (fifo(7)).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_FIFO_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_FIFO_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The whole open(), if `path` is a FIFO that is opened for one direction: `*descriptor` is its
// result, errno included. False: it is something else, and nothing was done. `directory` is
// openat()'s.
bool OpenFifo(Thread* self, int directory, const char* path, int flags, int* descriptor);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_FIFO_H_
