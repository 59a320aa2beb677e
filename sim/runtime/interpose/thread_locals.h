// A thread's own objects at its end.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_LOCALS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_LOCALS_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The program's destructors, under control, on the ending thread itself.
void RunThreadDestructors(Thread* self);
// Those of keys that were there before control, which libc runs at a kernel thread's end: for a
// thread that has none (tsan_threads.h).
void RunEarlyKeyDestructors();

// Sets the TLS of `self`, which runs, back to its initial images, as far as it is not libc's own:
// its kernel thread is kept for a new thread (det, and tsan in a worker). tls_self stays.
void ResetTls(Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_LOCALS_H_
