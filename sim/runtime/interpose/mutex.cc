// Mutexes: pthread_mutex_*, of all types (POSIX.1-2017, pthread_mutex_lock): a normal mutex that is
// locked again by its owner waits for ever, a recursive one counts, an error-checking one answers
// EDEADLK. Timed locks wait in virtual time.
//
// Findings where POSIX says undefined: use of a destroyed or uninitialised mutex, unlock of one
// that is free or another thread's, destroy of a locked one.
//
// Not modelled: priority inheritance and ceilings (refused.cc), process-shared mutexes.
#include "sim/runtime/interpose/mutex.h"

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"

HEDDLE_REAL(pthread_mutex_init, int, pthread_mutex_t*, const pthread_mutexattr_t*)
HEDDLE_REAL(pthread_mutex_destroy, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_lock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_trylock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_timedlock, int, pthread_mutex_t*, const timespec*)
HEDDLE_REAL(pthread_mutex_clocklock, int, pthread_mutex_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_mutex_unlock, int, pthread_mutex_t*)

namespace heddle::sim::runtime {
namespace {

bool MutexReady(Thread* self) {
  auto* mutex = Waited<pthread_mutex_t>(self);
  // What is no mutex any more is found when it is used.
  if (!MutexHeld(mutex) || MutexDestroyed(mutex) || MutexUninitialised(mutex)) return true;
  // Recursive goes on counting, error-checking answers EDEADLK; a normal one waits for ever.
  const int type = MutexType(mutex);
  return (type == PTHREAD_MUTEX_RECURSIVE || type == PTHREAD_MUTEX_ERRORCHECK) &&
         Holds(self, mutex);
}

int TimedLock(Thread* self, pthread_mutex_t* mutex, clockid_t clock, const timespec* deadline) {
  if (!ValidTime(deadline)) return EINVAL;
  return LockMutex(self, mutex, OpKind::kMutexTimedLock, DeadlineOf(clock, deadline));
}

}  // namespace

void CheckMutex(const pthread_mutex_t* mutex, const char* operation) {
  if (MutexDestroyed(mutex)) {
    Fail(FailureKind::kMisuse, "%s of a destroyed mutex at %p", operation,
         static_cast<const void*>(mutex));
  }
  if (MutexUninitialised(mutex)) {
    Fail(FailureKind::kMisuse, "%s of an uninitialised mutex at %p", operation,
         static_cast<const void*>(mutex));
  }
}

void CheckUnlock(Thread* self, const pthread_mutex_t* mutex) {
  CheckMutex(mutex, "unlock");
  if (MutexType(mutex) == PTHREAD_MUTEX_ERRORCHECK || MutexType(mutex) == PTHREAD_MUTEX_RECURSIVE) {
    return;  // answers EPERM itself
  }
  if (!MutexHeld(mutex)) {
    Fail(FailureKind::kMisuse, "unlock of a mutex that is not locked, at %p",
         static_cast<const void*>(mutex));
  }
  if (Holds(self, mutex) || !AllHeldKnown(self)) return;
  if (const Thread* holder = HolderOf(mutex)) {
    Fail(FailureKind::kMisuse, "unlock by thread %u of the mutex at %p, which thread %u holds",
         self->number, static_cast<const void*>(mutex), holder->number);
  }
}

int LockMutex(Thread* self, pthread_mutex_t* mutex, OpKind kind, int64_t deadline) {
  CheckMutex(mutex, "lock");
  if (!WaitPoint(self, kind, Access::kWrite, mutex, MutexReady, deadline)) return ETIMEDOUT;
  CheckMutex(mutex, "lock");
  return TakeLock(self, mutex, HeldKind::kMutex, [&] { return REAL(pthread_mutex_lock)(mutex); });
}

int UnlockMutex(Thread* self, pthread_mutex_t* mutex) {
  return ReleaseLock(self, mutex, [&] { return REAL(pthread_mutex_unlock)(mutex); });
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_mutex_init, pthread_mutex_t* mutex, const pthread_mutexattr_t* attributes) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_init)(mutex, attributes);
  AtPoint(self, OpKind::kMutexInit, Access::kWrite, mutex);
  Uncontrolled scope;
  return REAL(pthread_mutex_init)(mutex, attributes);
}

INTERPOSE(int, pthread_mutex_destroy, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_destroy)(mutex);
  CheckMutex(mutex, "destroy");
  AtPoint(self, OpKind::kMutexDestroy, Access::kWrite, mutex);
  CheckMutex(mutex, "destroy");
  if (MutexHeld(mutex)) {
    Fail(FailureKind::kMisuse, "destroy of a locked mutex at %p", static_cast<void*>(mutex));
  }
  Uncontrolled scope;
  return REAL(pthread_mutex_destroy)(mutex);
}

INTERPOSE(int, pthread_mutex_lock, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_lock)(mutex);
  return LockMutex(self, mutex, OpKind::kMutexLock, kNever);
}

INTERPOSE(int, pthread_mutex_trylock, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_trylock)(mutex);
  CheckMutex(mutex, "trylock");
  AtPoint(self, OpKind::kMutexTryLock, Access::kWrite, mutex);
  CheckMutex(mutex, "trylock");
  return TryLock(self, mutex, HeldKind::kMutex, [&] { return REAL(pthread_mutex_trylock)(mutex); });
}

INTERPOSE(int, pthread_mutex_timedlock, pthread_mutex_t* mutex, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_timedlock)(mutex, deadline);
  return TimedLock(self, mutex, CLOCK_REALTIME, deadline);
}

INTERPOSE(int, pthread_mutex_clocklock, pthread_mutex_t* mutex, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_clocklock)(mutex, clock, deadline);
  return TimedLock(self, mutex, clock, deadline);
}

INTERPOSE(int, pthread_mutex_unlock, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_unlock)(mutex);
  AtPoint(self, OpKind::kMutexUnlock, Access::kWrite, mutex);
  CheckUnlock(self, mutex);
  return UnlockMutex(self, mutex);
}
