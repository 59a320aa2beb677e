// Thread objects: which may still be joined, and which can serve again.
//
// In det a kernel thread is not ended with its simulated thread but kept, with its object, for the
// next pthread_create() with default attributes ("pooled"): an execution with many short threads
// costs no system call for each. In tsan and asan, which must see threads end, only the objects
// serve again. In a worker (serve/worker.h), where no kernel thread begins or ends, each of those
// made in advance serves once in an execution in asan, and again in tsan (tsan_threads.h).
//
// Called with control. thread_pool.cc also defines NewThread(), Recycle(), LeakedThreads() and
// ResetThreads() of thread.h.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_POOL_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_POOL_H_

#include <pthread.h>

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Of the stack that a kernel thread sleeps on while the carrier runs its context.
inline constexpr size_t kHomeStackSize = 64 << 10;

// From the thread's creation until it is recycled. Too many of them end in a finding.
void Remember(Thread* thread);
// While it is alive or may still be joined. Null: not under control, or gone.
Thread* FindThread(pthread_t handle);

// In a child process: the other threads are not there. `self` is its first.
void ForgetThreads(const Thread* self);

// One whose kernel thread sleeps and waits for a function, or null.
Thread* TakePooledThread();
// For threads that were made in advance: the last one that was given is taken first.
void GivePooledThread(Thread* thread);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_POOL_H_
