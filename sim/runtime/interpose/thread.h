// The life of threads, for the kernel: their objects, and what is left of them after an execution.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_H_

#include <cstdint>

#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// An object for thread 0, which has a kernel thread already. Before an execution.
Thread* NewThread();
// `thread` has finished and was joined or detached: its object may serve a new thread.
void Recycle(Thread* thread);

// Whether the carrier runs what ThreadSanitizer does at the thread's beginning and end
// (tsan_threads.h).
inline bool IsGuest(const Thread* thread) { return kIsTsan && thread->pooled; }
// Whether libc and the sanitizers see the thread end. Otherwise it is kept for a new one.
inline bool EndsForLibc(const Thread* thread) { return !thread->pooled || IsGuest(thread); }
// The guest has finished: runs its end, on its stack.
void EndGuest(Thread* guest);

// Thread 0 waits, at points, until it is the only thread that is alive.
void WaitForOthers();
// How many threads were neither joined nor detached; the lowest of their numbers in `first`.
uint32_t LeakedThreads(ThreadNumber* first);
// Makes `count` kernel threads that sleep and wait for a function, in a process that is not forked
// any more. The stacks are as large as pthread_create() makes them by default; false: it cannot.
bool FillPool(uint32_t count);
// Between executions of Run(), when every thread has finished: the state the next one starts from
// is the same as this one's, but for kernel threads that are kept.
void ResetThreads();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_THREAD_H_
