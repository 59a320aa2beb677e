// Reader-writer locks: pthread_rwlock_* (POSIX.1-2017). A reader waits for the writer only, never
// for writers that wait (glibc's default, PTHREAD_RWLOCK_PREFER_READER_NP); a writer that asks
// again gets EDEADLK, as from glibc. Timed locks wait in virtual time.
//
// Findings where POSIX says undefined: unlock of a lock that is free, unlock of the writer's lock
// by another thread. A readers' lock may be unlocked by any thread: not checked.
//
// Not modelled: the preference for writers, process-shared locks. Init and destroy are no points.
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"

HEDDLE_REAL(pthread_rwlock_rdlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_tryrdlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_timedrdlock, int, pthread_rwlock_t*, const timespec*)
HEDDLE_REAL(pthread_rwlock_clockrdlock, int, pthread_rwlock_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_rwlock_wrlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_trywrlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_timedwrlock, int, pthread_rwlock_t*, const timespec*)
HEDDLE_REAL(pthread_rwlock_clockwrlock, int, pthread_rwlock_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_rwlock_unlock, int, pthread_rwlock_t*)

namespace heddle::sim::runtime {
namespace {

bool ReadReady(Thread* self) { return !RwWriteLocked(Waited<pthread_rwlock_t>(self)); }
bool WriteReady(Thread* self) {
  auto* lock = Waited<pthread_rwlock_t>(self);
  return !RwWriteLocked(lock) && !RwReadLocked(lock);
}

// `how`: kRead or kWrite.
int Lock(Thread* self, pthread_rwlock_t* lock, OpKind kind, HeldKind how, int64_t deadline) {
  const bool write = how == HeldKind::kWrite;
  CheckNotFreed(lock, "lock", "reader-writer lock");
  if (Holds(self, lock) && RwWriteLocked(lock)) {
    AtPoint(self, kind, Access::kWrite, lock);
    return EDEADLK;
  }
  if (!WaitPoint(self, kind, write ? Access::kWrite : Access::kRead, lock,
                 write ? WriteReady : ReadReady, deadline)) {
    return ETIMEDOUT;
  }
  return TakeLock(self, lock, how, [&] {
    return write ? REAL(pthread_rwlock_wrlock)(lock) : REAL(pthread_rwlock_rdlock)(lock);
  });
}

int TimedReadLock(Thread* self, pthread_rwlock_t* lock, clockid_t clock, const timespec* deadline) {
  if (!HasDeadlines(clock) || !ValidTime(deadline)) return EINVAL;
  return Lock(self, lock, OpKind::kTimedReadLock, HeldKind::kRead, DeadlineOf(clock, deadline));
}
int TimedWriteLock(Thread* self, pthread_rwlock_t* lock, clockid_t clock,
                   const timespec* deadline) {
  if (!HasDeadlines(clock) || !ValidTime(deadline)) return EINVAL;
  return Lock(self, lock, OpKind::kTimedWriteLock, HeldKind::kWrite, DeadlineOf(clock, deadline));
}

void CheckUnlock(const Thread* self, const pthread_rwlock_t* lock) {
  CheckNotFreed(lock, "unlock", "reader-writer lock");
  if (!RwWriteLocked(lock) && !RwReadLocked(lock)) {
    Fail(FailureKind::kMisuse, "unlock of a reader-writer lock that is not locked, at %p",
         static_cast<const void*>(lock));
  }
  if (RwWriteLocked(lock) && AllHeldKnown(self) && !Holds(self, lock)) {
    Fail(FailureKind::kMisuse,
         "unlock by thread %u of a reader-writer lock it does not hold, at %p", self->number,
         static_cast<const void*>(lock));
  }
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_rwlock_rdlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_rdlock)(lock);
  return Lock(self, lock, OpKind::kReadLock, HeldKind::kRead, kNever);
}

INTERPOSE(int, pthread_rwlock_wrlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_wrlock)(lock);
  return Lock(self, lock, OpKind::kWriteLock, HeldKind::kWrite, kNever);
}

INTERPOSE(int, pthread_rwlock_timedrdlock, pthread_rwlock_t* lock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_timedrdlock)(lock, deadline);
  return TimedReadLock(self, lock, CLOCK_REALTIME, deadline);
}

INTERPOSE(int, pthread_rwlock_timedwrlock, pthread_rwlock_t* lock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_timedwrlock)(lock, deadline);
  return TimedWriteLock(self, lock, CLOCK_REALTIME, deadline);
}

INTERPOSE(int, pthread_rwlock_clockrdlock, pthread_rwlock_t* lock, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_clockrdlock)(lock, clock, deadline);
  return TimedReadLock(self, lock, clock, deadline);
}

INTERPOSE(int, pthread_rwlock_clockwrlock, pthread_rwlock_t* lock, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_clockwrlock)(lock, clock, deadline);
  return TimedWriteLock(self, lock, clock, deadline);
}

INTERPOSE(int, pthread_rwlock_tryrdlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_tryrdlock)(lock);
  AtPoint(self, OpKind::kTryReadLock, Access::kRead, lock);
  return TryLock(self, lock, HeldKind::kRead, [&] { return REAL(pthread_rwlock_tryrdlock)(lock); });
}

INTERPOSE(int, pthread_rwlock_trywrlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_trywrlock)(lock);
  AtPoint(self, OpKind::kTryWriteLock, Access::kWrite, lock);
  // One that fails is no read: it comes behind a reader, and readers only read.
  return TakeLock(self, lock, HeldKind::kWrite,
                  [&] { return REAL(pthread_rwlock_trywrlock)(lock); });
}

INTERPOSE(int, pthread_rwlock_unlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_unlock)(lock);
  AtPoint(self, OpKind::kRwUnlock, Access::kWrite, lock);
  CheckUnlock(self, lock);
  return ReleaseLock(self, lock, [&] { return REAL(pthread_rwlock_unlock)(lock); });
}
