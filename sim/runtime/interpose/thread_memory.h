// The memory that ends with a thread: its stack and its TLS, and what AddressSanitizer keeps for
// its functions' variables. The next thread may get the same addresses or others: that is the
// system's affair, and must not show in the numbers of objects.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_MEMORY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_MEMORY_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// On the thread, which has left its function: what lies in its memory is no object any more.
void ForgetThreadMemory(const Thread* self);

// On a thread that is made in advance: what the sanitizer makes for a thread only once it needs it.
void PrepareSanitizerThread();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_MEMORY_H_
