// Signals that descriptors send (fcntl(2): F_SETOWN, F_SETSIG, O_ASYNC, F_SETLEASE, F_NOTIFY).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_SIGNALS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_SIGNALS_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// fcntl() with one of the commands that say who owns a descriptor: `*result` is what it gives, with
// errno. False: another command. Those that ask for signals do not come back.
bool SetsOwner(const Thread* self, int descriptor, int command, long argument, int* result);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_SIGNALS_H_
