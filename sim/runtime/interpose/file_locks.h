// Locks on files: what fcntl() does with them (file_locks.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_FILE_LOCKS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_FILE_LOCKS_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Whether it sets a record lock (F_SETLK and its like).
bool SetsFileLock(int command);
// The whole fcntl() with such a command. Blocking ones wait for the threads of this process.
int SetFileLock(Thread* self, int descriptor, int command, long argument);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_FILE_LOCKS_H_
