// Mutexes, rwlocks, condition variables, barriers, semaphores, spinlocks, once, function-local
// statics.
//
// The pattern: offer the point, wait until the real operation cannot block (by peeking into glibc's
// object, whose fields are listed below), then do the real operation through the sanitizer's
// interceptor. So ThreadSanitizer sees exactly the calls the program made, in schedule order.
#include <semaphore.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_code.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(pthread_mutex_init, int, pthread_mutex_t*, const pthread_mutexattr_t*)
HEDDLE_REAL(pthread_mutex_destroy, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_lock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_trylock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_timedlock, int, pthread_mutex_t*, const timespec*)
HEDDLE_REAL(pthread_mutex_clocklock, int, pthread_mutex_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_mutex_unlock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_rwlock_rdlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_tryrdlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_timedrdlock, int, pthread_rwlock_t*, const timespec*)
HEDDLE_REAL(pthread_rwlock_clockrdlock, int, pthread_rwlock_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_rwlock_wrlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_trywrlock, int, pthread_rwlock_t*)
HEDDLE_REAL(pthread_rwlock_timedwrlock, int, pthread_rwlock_t*, const timespec*)
HEDDLE_REAL(pthread_rwlock_clockwrlock, int, pthread_rwlock_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_rwlock_unlock, int, pthread_rwlock_t*)
HEDDLE_REAL_VERSION(pthread_cond_wait, "GLIBC_2.3.2", int, pthread_cond_t*, pthread_mutex_t*)
HEDDLE_REAL_VERSION(pthread_cond_timedwait, "GLIBC_2.3.2", int, pthread_cond_t*, pthread_mutex_t*,
                    const timespec*)
HEDDLE_REAL(pthread_cond_clockwait, int, pthread_cond_t*, pthread_mutex_t*, clockid_t,
            const timespec*)
HEDDLE_REAL_VERSION(pthread_cond_signal, "GLIBC_2.3.2", int, pthread_cond_t*)
HEDDLE_REAL_VERSION(pthread_cond_broadcast, "GLIBC_2.3.2", int, pthread_cond_t*)
HEDDLE_REAL_VERSION(pthread_cond_destroy, "GLIBC_2.3.2", int, pthread_cond_t*)
HEDDLE_REAL(pthread_barrier_wait, int, pthread_barrier_t*)
HEDDLE_REAL(pthread_spin_lock, int, pthread_spinlock_t*)
HEDDLE_REAL(pthread_spin_trylock, int, pthread_spinlock_t*)
HEDDLE_REAL(pthread_spin_unlock, int, pthread_spinlock_t*)
HEDDLE_REAL(pthread_once, int, pthread_once_t*, void (*)())
HEDDLE_REAL(sem_wait, int, sem_t*)
HEDDLE_REAL(sem_trywait, int, sem_t*)
HEDDLE_REAL(sem_timedwait, int, sem_t*, const timespec*)
HEDDLE_REAL(sem_clockwait, int, sem_t*, clockid_t, const timespec*)
HEDDLE_REAL(sem_post, int, sem_t*)

// ThreadSanitizer's public interface, for what has no call of its own to go through.
extern "C" __attribute__((weak)) void __tsan_acquire(void*);
extern "C" __attribute__((weak)) void __tsan_release(void*);
extern "C" __attribute__((weak)) void __tsan_read1(void*);

extern "C" int __real___cxa_guard_acquire(uint64_t* guard);
extern "C" void __real___cxa_guard_release(uint64_t* guard);
extern "C" void __real___cxa_guard_abort(uint64_t* guard);

namespace heddle::sim::runtime {

namespace {

// --- glibc 2.36, x86-64 (nptl/pthreadtypes; stable since 2.25) ---
bool MutexHeld(const pthread_mutex_t* mutex) { return mutex->__data.__lock != 0; }
int MutexType(const pthread_mutex_t* mutex) { return mutex->__data.__kind & 3; }
bool MutexDestroyed(const pthread_mutex_t* mutex) { return mutex->__data.__kind == -1; }
bool RwWriteLocked(const pthread_rwlock_t* lock) { return (lock->__data.__readers & 2) != 0; }
bool RwReadLocked(const pthread_rwlock_t* lock) { return lock->__data.__readers >> 3 != 0; }
bool CondDestroyed(const pthread_cond_t* cond) {
  return (cond->__data.__wrefs & 4) != 0;  // set by pthread_cond_destroy, until it is initialised
}
clockid_t CondClock(const pthread_cond_t* cond) {
  return (cond->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}
uint32_t SemValue(const sem_t* semaphore) {
  uint32_t value;
  memcpy(&value, semaphore, sizeof value);
  return value;
}
uint32_t BarrierCount(const pthread_barrier_t* barrier) {
  uint32_t fields[3];  // in, current_round, count
  memcpy(fields, barrier, sizeof fields);
  return fields[2];
}
bool SpinFree(const pthread_spinlock_t* lock) { return *lock == 1; }

// A once word is free or done, or somebody runs its function. ThreadSanitizer has its own values.
bool OnceIsBusy(const pthread_once_t* control) {
  if (strcmp(kFlavour, "tsan") == 0) return *control != 0 && *control != 1;
  return (*control & 3) == 1;
}
bool GuardIsBusy(const uint64_t* guard) {
  const auto word = static_cast<uint32_t>(*guard);
  return word != 0 && (word & 0xFF) != 1;
}

bool OwnMutex(const pthread_mutex_t* mutex, const Thread* self) {
  for (uint32_t i = self->held_count < kMaxHeld ? self->held_count : kMaxHeld; i-- > 0;) {
    if (self->held[i].address == mutex) return true;
  }
  return false;
}

template <typename T>
T* Waited(Thread* self) {
  return const_cast<T*>(static_cast<const T*>(self->wait_address));
}

bool MutexReady(Thread* self) {
  auto* mutex = Waited<pthread_mutex_t>(self);
  if (!MutexHeld(mutex)) return true;
  // Recursive goes on counting, error-checking answers EDEADLK; a normal one waits for ever.
  const int type = MutexType(mutex);
  return (type == PTHREAD_MUTEX_RECURSIVE || type == PTHREAD_MUTEX_ERRORCHECK) &&
         OwnMutex(mutex, self);
}
bool ReadReady(Thread* self) { return !RwWriteLocked(Waited<pthread_rwlock_t>(self)); }
bool WriteReady(Thread* self) {
  auto* lock = Waited<pthread_rwlock_t>(self);
  return !RwWriteLocked(lock) && !RwReadLocked(lock);
}
bool SemReady(Thread* self) { return SemValue(Waited<sem_t>(self)) > 0; }
bool SpinReady(Thread* self) { return SpinFree(Waited<pthread_spinlock_t>(self)); }
bool OnceReady(Thread* self) { return !OnceIsBusy(Waited<pthread_once_t>(self)); }
bool GuardReady(Thread* self) { return !GuardIsBusy(Waited<uint64_t>(self)); }

void CheckMutex(const pthread_mutex_t* mutex, const char* operation) {
  if (MutexDestroyed(mutex)) {
    Fail(FailureKind::kMisuse, "%s of a destroyed mutex at %p", operation,
         static_cast<const void*>(mutex));
  }
  if ((mutex->__data.__kind & ~0x3FF) != 0) {
    Fail(FailureKind::kMisuse, "%s of an uninitialised mutex at %p", operation,
         static_cast<const void*>(mutex));
  }
}

void CheckCond(const pthread_cond_t* cond, const char* operation) {
  if (CondDestroyed(cond)) {
    Fail(FailureKind::kMisuse, "%s on a destroyed condition variable at %p", operation,
         static_cast<const void*>(cond));
  }
}

int RealLock(Thread* self, pthread_mutex_t* mutex) {
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_mutex_lock)(mutex);
  }
  if (error == 0 || error == EOWNERDEAD) {
    PushHeld(self, mutex, HeldKind::kMutex);
    Changed(mutex);
  }
  return error;
}

int LockMutex(Thread* self, pthread_mutex_t* mutex, OpKind kind, int64_t deadline) {
  CheckMutex(mutex, "lock");
  if (!WaitPoint(self, kind, Access::kWrite, mutex, MutexReady, deadline)) return ETIMEDOUT;
  CheckMutex(mutex, "lock");
  return RealLock(self, mutex);
}

int UnlockMutex(Thread* self, pthread_mutex_t* mutex) {
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_mutex_unlock)(mutex);
  }
  if (error == 0) {
    DropHeld(self, mutex);
    Changed(mutex);
  }
  return error;
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
  if (OwnMutex(mutex, self) || self->held_count > kMaxHeld) return;
  if (const Thread* holder = HolderOf(mutex)) {
    Fail(FailureKind::kMisuse, "unlock by thread %u of the mutex at %p, which thread %u holds",
         self->number, static_cast<const void*>(mutex), holder->number);
  }
}

int WaitCond(Thread* self, pthread_cond_t* cond, pthread_mutex_t* mutex, int64_t deadline) {
  CheckCond(cond, "wait");
  CheckMutex(mutex, "condition wait with");
  Announce(self, deadline == kNever ? OpKind::kCondWait : OpKind::kCondTimedWait, Access::kWrite,
           cond);
  if (kernel.request.number_objects) {
    self->pending.object = ObjectOf(self->pending.address);
    self->pending.second = ObjectOf(reinterpret_cast<uintptr_t>(mutex));
  }
  Schedule(self);
  CheckUnlock(self, mutex);
  if (__tsan_acquire != nullptr) __tsan_read1(cond);  // its use races with its destruction
  if (const int error = UnlockMutex(self, mutex); error != 0) return error;
  QueueJoin(self, cond, 1);
  const bool woken = WaitPoint(self, OpKind::kCondWake, Access::kWrite, cond, QueueReady, deadline,
                               OpKind::kCondTimeout);
  QueueLeave(self, woken);
  // Taking the mutex again is an operation of its own, which others can come before.
  LockMutex(self, mutex, OpKind::kMutexLock, kNever);
  return woken ? 0 : ETIMEDOUT;
}

int Signal(Thread* self, pthread_cond_t* cond, OpKind kind, uint32_t count) {
  CheckCond(cond, OpKindName(kind));
  AtPoint(self, kind, Access::kWrite, cond);
  CheckCond(cond, OpKindName(kind));
  QueueWake(cond, count, ~uint64_t{0});
  Uncontrolled scope;  // nobody waits in the real one; this is for ThreadSanitizer
  return kind == OpKind::kCondSignal ? REAL(pthread_cond_signal)(cond)
                                     : REAL(pthread_cond_broadcast)(cond);
}

int RwLock(Thread* self, pthread_rwlock_t* lock, OpKind kind, bool write, int64_t deadline) {
  if (OwnMutex(reinterpret_cast<pthread_mutex_t*>(lock), self) && RwWriteLocked(lock)) {
    AtPoint(self, kind, Access::kWrite, lock);
    return EDEADLK;  // as glibc: the writer asks again
  }
  if (!WaitPoint(self, kind, write ? Access::kWrite : Access::kRead, lock,
                 write ? WriteReady : ReadReady, deadline)) {
    return ETIMEDOUT;
  }
  int error;
  {
    Uncontrolled scope;
    error = write ? REAL(pthread_rwlock_wrlock)(lock) : REAL(pthread_rwlock_rdlock)(lock);
  }
  if (error == 0) {
    PushHeld(self, lock, write ? HeldKind::kWrite : HeldKind::kRead);
    Changed(lock);
  }
  return error;
}

bool BarrierReady(Thread* self) { return self->eligible; }

int SemWait(Thread* self, sem_t* semaphore, OpKind kind, int64_t deadline) {
  if (FaultComes(self, FaultKind::kInterrupt)) {
    AtPoint(self, OpKind::kSemTryWait, Access::kRead, semaphore);
    errno = EINTR;
    return -1;
  }
  if (!WaitPoint(self, kind, Access::kWrite, semaphore, SemReady, deadline)) {
    errno = ETIMEDOUT;
    return -1;
  }
  Uncontrolled scope;
  const int result = REAL(sem_wait)(semaphore);
  Changed(semaphore);
  return result;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// --- Mutexes ---

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
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_mutex_trylock)(mutex);
  }
  if (error == 0 || error == EOWNERDEAD) {
    PushHeld(self, mutex, HeldKind::kMutex);
    Changed(mutex);
  } else {
    OnlyRead(self);
  }
  return error;
}

INTERPOSE(int, pthread_mutex_timedlock, pthread_mutex_t* mutex, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_timedlock)(mutex, deadline);
  if (!ValidTime(deadline)) return EINVAL;
  return LockMutex(self, mutex, OpKind::kMutexTimedLock, DeadlineOf(CLOCK_REALTIME, deadline));
}

INTERPOSE(int, pthread_mutex_clocklock, pthread_mutex_t* mutex, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_clocklock)(mutex, clock, deadline);
  if (!ValidTime(deadline)) return EINVAL;
  return LockMutex(self, mutex, OpKind::kMutexTimedLock, DeadlineOf(clock, deadline));
}

INTERPOSE(int, pthread_mutex_unlock, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_mutex_unlock)(mutex);
  AtPoint(self, OpKind::kMutexUnlock, Access::kWrite, mutex);
  CheckUnlock(self, mutex);
  return UnlockMutex(self, mutex);
}

// --- Reader-writer locks ---

INTERPOSE(int, pthread_rwlock_rdlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_rdlock)(lock);
  return RwLock(self, lock, OpKind::kReadLock, false, kNever);
}

INTERPOSE(int, pthread_rwlock_wrlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_wrlock)(lock);
  return RwLock(self, lock, OpKind::kWriteLock, true, kNever);
}

INTERPOSE(int, pthread_rwlock_timedrdlock, pthread_rwlock_t* lock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_timedrdlock)(lock, deadline);
  return RwLock(self, lock, OpKind::kTimedReadLock, false, DeadlineOf(CLOCK_REALTIME, deadline));
}

INTERPOSE(int, pthread_rwlock_timedwrlock, pthread_rwlock_t* lock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_timedwrlock)(lock, deadline);
  return RwLock(self, lock, OpKind::kTimedWriteLock, true, DeadlineOf(CLOCK_REALTIME, deadline));
}

INTERPOSE(int, pthread_rwlock_clockrdlock, pthread_rwlock_t* lock, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_clockrdlock)(lock, clock, deadline);
  return RwLock(self, lock, OpKind::kTimedReadLock, false, DeadlineOf(clock, deadline));
}

INTERPOSE(int, pthread_rwlock_clockwrlock, pthread_rwlock_t* lock, clockid_t clock,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_clockwrlock)(lock, clock, deadline);
  return RwLock(self, lock, OpKind::kTimedWriteLock, true, DeadlineOf(clock, deadline));
}

INTERPOSE(int, pthread_rwlock_tryrdlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_tryrdlock)(lock);
  AtPoint(self, OpKind::kTryReadLock, Access::kRead, lock);
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_rwlock_tryrdlock)(lock);
  }
  if (error == 0) {
    PushHeld(self, lock, HeldKind::kRead);
    Changed(lock);
  } else {
    OnlyRead(self);
  }
  return error;
}

INTERPOSE(int, pthread_rwlock_trywrlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_trywrlock)(lock);
  AtPoint(self, OpKind::kTryWriteLock, Access::kWrite, lock);
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_rwlock_trywrlock)(lock);
  }
  if (error == 0) {
    PushHeld(self, lock, HeldKind::kWrite);
    Changed(lock);
  } else {
    OnlyRead(self);
  }
  return error;
}

INTERPOSE(int, pthread_rwlock_unlock, pthread_rwlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_rwlock_unlock)(lock);
  AtPoint(self, OpKind::kRwUnlock, Access::kWrite, lock);
  if (!RwWriteLocked(lock) && !RwReadLocked(lock)) {
    Fail(FailureKind::kMisuse, "unlock of a reader-writer lock that is not locked, at %p",
         static_cast<void*>(lock));
  }
  if (RwWriteLocked(lock) && self->held_count <= kMaxHeld &&
      !OwnMutex(reinterpret_cast<pthread_mutex_t*>(lock), self)) {
    Fail(FailureKind::kMisuse,
         "unlock by thread %u of a reader-writer lock it does not hold, at %p", self->number,
         static_cast<void*>(lock));
  }
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_rwlock_unlock)(lock);
  }
  if (error == 0) {
    DropHeld(self, lock);
    Changed(lock);
  }
  return error;
}

// --- Condition variables ---

INTERPOSE(int, pthread_cond_wait, pthread_cond_t* cond, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_wait)(cond, mutex);
  return WaitCond(self, cond, mutex, kNever);
}

INTERPOSE(int, pthread_cond_timedwait, pthread_cond_t* cond, pthread_mutex_t* mutex,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_timedwait)(cond, mutex, deadline);
  if (!ValidTime(deadline)) return EINVAL;
  return WaitCond(self, cond, mutex, DeadlineOf(CondClock(cond), deadline));
}

INTERPOSE(int, pthread_cond_clockwait, pthread_cond_t* cond, pthread_mutex_t* mutex,
          clockid_t clock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
  if (!ValidTime(deadline)) return EINVAL;
  return WaitCond(self, cond, mutex, DeadlineOf(clock, deadline));
}

INTERPOSE(int, pthread_cond_signal, pthread_cond_t* cond) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_signal)(cond);
  return Signal(self, cond, OpKind::kCondSignal, 1);
}

INTERPOSE(int, pthread_cond_broadcast, pthread_cond_t* cond) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_broadcast)(cond);
  return Signal(self, cond, OpKind::kCondBroadcast, UINT32_MAX);
}

INTERPOSE(int, pthread_cond_destroy, pthread_cond_t* cond) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_destroy)(cond);
  AtPoint(self, OpKind::kCondDestroy, Access::kWrite, cond);
  CheckCond(cond, "destroy");
  // glibc would wait here for waiters that were woken; one that was not is undefined behaviour.
  if (QueueLength(cond) != 0) {
    Fail(FailureKind::kMisuse, "destroy of the condition variable at %p while a thread waits on it",
         static_cast<void*>(cond));
  }
  Uncontrolled scope;
  return REAL(pthread_cond_destroy)(cond);
}

// --- Barriers ---

INTERPOSE(int, pthread_barrier_wait, pthread_barrier_t* barrier) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_barrier_wait)(barrier);
  AtPoint(self, OpKind::kBarrierWait, Access::kWrite, barrier);
  if (__tsan_release != nullptr) __tsan_release(barrier);
  uint32_t arrived = 1;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    arrived += thread != nullptr && thread->ready == BarrierReady && !thread->eligible &&
               thread->wait_address == barrier;
  }
  int result = 0;
  if (arrived < BarrierCount(barrier)) {
    self->eligible = false;
    WaitPoint(self, OpKind::kBarrierWake, Access::kRead, barrier, BarrierReady);
    self->eligible = false;
  } else {
    for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
      Thread* thread = kernel.threads.slots[i];
      if (thread != nullptr && thread->ready == BarrierReady && thread->wait_address == barrier) {
        thread->eligible = true;
      }
    }
    Changed(barrier);
    result = PTHREAD_BARRIER_SERIAL_THREAD;
  }
  if (__tsan_acquire != nullptr) __tsan_acquire(barrier);
  return result;
}

// --- Semaphores ---

INTERPOSE(int, sem_wait, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_wait)(semaphore);
  return SemWait(self, semaphore, OpKind::kSemWait, kNever);
}

INTERPOSE(int, sem_timedwait, sem_t* semaphore, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_timedwait)(semaphore, deadline);
  return SemWait(self, semaphore, OpKind::kSemTimedWait, DeadlineOf(CLOCK_REALTIME, deadline));
}

INTERPOSE(int, sem_clockwait, sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_clockwait)(semaphore, clock, deadline);
  return SemWait(self, semaphore, OpKind::kSemTimedWait, DeadlineOf(clock, deadline));
}

INTERPOSE(int, sem_trywait, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_trywait)(semaphore);
  AtPoint(self, OpKind::kSemTryWait, Access::kWrite, semaphore);
  if (SemValue(semaphore) == 0) OnlyRead(self);
  Uncontrolled scope;
  const int result = REAL(sem_trywait)(semaphore);
  if (result == 0) Changed(semaphore);
  return result;
}

INTERPOSE(int, sem_post, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_post)(semaphore);
  AtPoint(self, OpKind::kSemPost, Access::kWrite, semaphore);
  Uncontrolled scope;
  const int result = REAL(sem_post)(semaphore);
  Changed(semaphore);
  return result;
}

// --- Spinlocks ---

INTERPOSE(int, pthread_spin_lock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  auto* address = const_cast<int*>(lock);
  if (self == nullptr) return REAL(pthread_spin_lock)(lock);
  WaitPoint(self, OpKind::kSpinLock, Access::kWrite, address, SpinReady);
  PushHeld(self, address, HeldKind::kSpin);
  Uncontrolled scope;
  const int error = REAL(pthread_spin_lock)(lock);
  Changed(address);
  return error;
}

INTERPOSE(int, pthread_spin_trylock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  auto* address = const_cast<int*>(lock);
  if (self == nullptr) return REAL(pthread_spin_trylock)(lock);
  AtPoint(self, OpKind::kSpinTryLock, Access::kWrite, address);
  int error;
  {
    Uncontrolled scope;
    error = REAL(pthread_spin_trylock)(lock);
  }
  if (error == 0) {
    PushHeld(self, address, HeldKind::kSpin);
    Changed(address);
  } else {
    OnlyRead(self);
  }
  return error;
}

INTERPOSE(int, pthread_spin_unlock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  auto* address = const_cast<int*>(lock);
  if (self == nullptr) return REAL(pthread_spin_unlock)(lock);
  AtPoint(self, OpKind::kSpinUnlock, Access::kWrite, address);
  if (SpinFree(lock)) {
    Fail(FailureKind::kMisuse, "unlock of a spinlock that is not locked, at %p",
         static_cast<void*>(address));
  }
  if (self->held_count <= kMaxHeld &&
      !OwnMutex(reinterpret_cast<pthread_mutex_t*>(address), self)) {
    Fail(FailureKind::kMisuse, "unlock by thread %u of a spinlock it does not hold, at %p",
         self->number, static_cast<void*>(address));
  }
  DropHeld(self, address);
  Uncontrolled scope;
  const int error = REAL(pthread_spin_unlock)(lock);
  Changed(address);
  return error;
}

// --- Once ---

INTERPOSE(int, pthread_once, pthread_once_t* control, void (*function)()) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || FromSystem(self->caller)) return REAL(pthread_once)(control, function);
  WaitPoint(self, OpKind::kOnce, Access::kWrite, control, OnceReady);
  PushHeld(self, control, HeldKind::kOnce);
  // The function runs under control; whether it returns or throws, the word has changed.
  struct Done {
    Thread* self;
    pthread_once_t* control;
    ~Done() {
      DropHeld(self, control);
      Changed(control);
    }
  } done{self, control};
  return REAL(pthread_once)(control, function);
}

// Function-local statics. Not overridable in every runtime, so reached by -Wl,--wrap.
extern "C" int __wrap___cxa_guard_acquire(uint64_t* guard) {
  Thread* self = tls_self;
  if (self == nullptr) return __real___cxa_guard_acquire(guard);
  WaitPoint(self, OpKind::kStaticGuard, Access::kWrite, guard, GuardReady);
  const int run = __real___cxa_guard_acquire(guard);
  if (run != 0) {
    PushHeld(self, guard, HeldKind::kGuard);
    Changed(guard);
  } else {
    OnlyRead(self);
  }
  return run;
}

extern "C" void __wrap___cxa_guard_release(uint64_t* guard) {
  __real___cxa_guard_release(guard);
  if (Thread* self = tls_self) {
    DropHeld(self, guard);
    Changed(guard);
  }
}

extern "C" void __wrap___cxa_guard_abort(uint64_t* guard) {
  __real___cxa_guard_abort(guard);
  if (Thread* self = tls_self) {
    DropHeld(self, guard);
    Changed(guard);
  }
}
