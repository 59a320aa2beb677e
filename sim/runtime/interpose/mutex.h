// The operations on mutexes that condition variables and ending threads need. Called with control,
// outside Uncontrolled.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_MUTEX_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_MUTEX_H_

#include <pthread.h>

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Ends in a finding when the mutex was destroyed or never initialised. `operation` is for the
// message: "lock".
void CheckMutex(const pthread_mutex_t* mutex, const char* operation);
// The same for an unlock by `self`, which must hold it.
void CheckUnlock(Thread* self, const pthread_mutex_t* mutex);

// A point of its own; then the lock, or ETIMEDOUT at `deadline` (virtual ns, kNever).
int LockMutex(Thread* self, pthread_mutex_t* mutex, OpKind kind, int64_t deadline);
// No point: the caller has offered one and called CheckUnlock().
int UnlockMutex(Thread* self, pthread_mutex_t* mutex);

// At the end of `self`: gives up its robust mutexes as the system does when a kernel thread ends
// (get_robust_list(2)), each at a point that is like an unlock. Here, because kernel threads are
// kept for others in det, and end at another time in tsan and asan.
void AbandonRobustMutexes(Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_MUTEX_H_
