// What mutexes, reader-writer locks, spinlocks and their like share.
//
// The pattern of all of them: offer the point, wait until the real operation cannot block (by
// peeking into the object, glibc_layout.h), then do the real operation through the sanitizer's
// interceptor. So ThreadSanitizer sees exactly the calls the program made, in schedule order.
//
// Who holds what is kept beside (Thread::held), for reports and for misuse that glibc does not
// notice. Call these on the thread that has control, after its point.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_LOCKS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_LOCKS_H_

#include <cerrno>
#include <cstdint>

#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {

// The object that `self` waits for, in a Ready function.
template <typename T>
T* Waited(const Thread* self) {
  return const_cast<T*>(static_cast<const T*>(self->wait_address));
}

// Whether every lock that `self` holds has an entry; otherwise Holds() may miss one.
inline bool AllHeldKnown(const Thread* self) { return self->held_count <= kMaxHeld; }
inline bool Holds(const Thread* self, const volatile void* lock) {
  for (uint32_t i = HeldEntries(self); i-- > 0;) {
    if (self->held[i].address == lock) return true;
  }
  return false;
}

// A robust mutex is had although its owner died.
inline bool GotLock(int error) { return error == 0 || error == EOWNERDEAD; }

inline void Took(Thread* self, const void* lock, HeldKind kind) {
  PushHeld(self, lock, kind);
  Changed(lock);
}
inline void Released(Thread* self, const void* lock) {
  DropHeld(self, lock);
  Changed(lock);
}

// The real lock call, which will not block; its error.
template <typename Call>
int TakeLock(Thread* self, const void* lock, HeldKind kind, Call call) {
  const int error = CallReal(call);
  if (GotLock(error)) Took(self, lock, kind);
  return error;
}
// The same for one that may fail because the lock is held: then it was only a read.
template <typename Call>
int TryLock(Thread* self, const void* lock, HeldKind kind, Call call) {
  const int error = TakeLock(self, lock, kind, call);
  if (!GotLock(error)) OnlyRead(self);
  return error;
}
// The real unlock call.
template <typename Call>
int ReleaseLock(Thread* self, const void* lock, Call call) {
  const int error = CallReal(call);
  if (error == 0) Released(self, lock);
  return error;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_LOCKS_H_
