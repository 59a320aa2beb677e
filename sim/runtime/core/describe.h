// What a thread is doing, in words, for findings.
#ifndef HEDDLE_SIM_RUNTIME_CORE_DESCRIBE_H_
#define HEDDLE_SIM_RUNTIME_CORE_DESCRIBE_H_

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// "waits, mutex-lock 0x5581 held by thread 2; holds mutex 0x5590". Cut off at `size` bytes, the
// terminating 0 included. Reads the kernel's tables only, so it may be asked in a signal handler.
void DescribeThread(const Thread* thread, char* buffer, size_t size);

// "mutex", "rwlock (read)"...
const char* HeldName(HeldKind kind);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_DESCRIBE_H_
