// Which locks each thread holds: for deadlock verdicts, misuse checks and reports. The truth about
// a lock is the real object; this only knows who took it.
#ifndef HEDDLE_SIM_RUNTIME_CORE_HELD_LOCKS_H_
#define HEDDLE_SIM_RUNTIME_CORE_HELD_LOCKS_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// How many of the thread's `held` entries are filled: beyond kMaxHeld locks are only counted.
inline uint32_t HeldEntries(const Thread* thread) {
  return thread->held_count < kMaxHeld ? thread->held_count : kMaxHeld;
}

// `self` has taken the lock; once more for each time it takes a recursive one.
void PushHeld(Thread* self, const void* address, HeldKind kind);
// `self` has released it. Nothing happens when it is not known to hold it.
void DropHeld(Thread* self, const void* address);
// A thread that is alive and known to hold the lock, or null. Null for a null address.
Thread* HolderOf(const void* address);

// A lock that a thread still held when it ended.
struct LeftLock {
  const void* address;
  ThreadNumber thread;
  const void* caller;  // of the function that took it
};
// `self` ends: what it holds is remembered, up to kMaxHeld locks in an execution.
void LeaveLocks(const Thread* self);
// Who left the lock, the latest first; or null. Whether it is locked still is the object's to say.
const LeftLock* LeftBy(const void* address);
void ForgetLeftLocks();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_HELD_LOCKS_H_
