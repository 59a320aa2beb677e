// Mutexes: pthread_mutex_*, of all types (POSIX.1-2017, pthread_mutex_lock): a normal mutex that is
// locked again by its owner waits for ever, a recursive one counts, an error-checking one answers
// EDEADLK. Timed locks wait in virtual time.
//
// A robust mutex whose owner ended is had with EOWNERDEAD; unlocked without
// pthread_mutex_consistent() it is ENOTRECOVERABLE for everyone. glibc does all of that, but for
// what the system does when a thread ends.
//
// Findings where POSIX says undefined: use of a destroyed or uninitialised mutex, unlock of one
// that is free or another thread's (unless its type answers EPERM), destroy of a locked one.
//
// Not modelled: priority inheritance and ceilings (refused.cc), process-shared mutexes.
#include "sim/runtime/interpose/mutex.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"
#include "sim/runtime/interpose/tsan.h"

HEDDLE_REAL(pthread_mutex_init, int, pthread_mutex_t*, const pthread_mutexattr_t*)
HEDDLE_REAL(pthread_mutex_destroy, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_lock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_trylock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_timedlock, int, pthread_mutex_t*, const timespec*)
HEDDLE_REAL(pthread_mutex_clocklock, int, pthread_mutex_t*, clockid_t, const timespec*)
HEDDLE_REAL(pthread_mutex_unlock, int, pthread_mutex_t*)

namespace heddle::sim::runtime {
namespace {

constexpr int kMostRobustMutexes = 2048;  // the system's own bound (ROBUST_LIST_LIMIT)

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
  if (!HasDeadlines(clock)) return EINVAL;
  if (ValidTime(deadline)) {
    return LockMutex(self, mutex, OpKind::kMutexTimedLock, DeadlineOf(clock, deadline));
  }
  // A mutex that is free is locked all the same.
  constexpr int64_t kNoWait = 0;
  const int error = LockMutex(self, mutex, OpKind::kMutexTimedLock, kNoWait);
  return error == ETIMEDOUT ? EINVAL : error;
}

// The thread's robust mutexes, as glibc keeps them for the system.
robust_list_head* RobustList(const Thread* thread) {
  robust_list_head* head = nullptr;
  size_t size = 0;
  const long error = RawSyscall(SYS_get_robust_list, thread->kernel_id,
                                reinterpret_cast<long>(&head), reinterpret_cast<long>(&size));
  KERNEL_CHECK(error == 0 && head != nullptr, "every thread has a list of robust mutexes");
  return head;
}

}  // namespace

void CheckMutex(const pthread_mutex_t* mutex, const char* operation) {
  if (!MutexDestroyed(mutex) && !MutexUninitialised(mutex)) return;
  CheckNotFreed(mutex, operation, "mutex");
  if (MutexDestroyed(mutex)) {
    Fail(FailureKind::kMisuse, "%s of a destroyed mutex at %p", operation,
         static_cast<const void*>(mutex));
  }
  Fail(FailureKind::kMisuse, "%s of an uninitialised mutex at %p", operation,
       static_cast<const void*>(mutex));
}

void CheckUnlock(Thread* self, const pthread_mutex_t* mutex) {
  CheckMutex(mutex, "unlock");
  if (MutexType(mutex) == PTHREAD_MUTEX_ERRORCHECK || MutexType(mutex) == PTHREAD_MUTEX_RECURSIVE ||
      MutexRobust(mutex)) {
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
  // One that is refused (EPERM) is legal, so ThreadSanitizer is not told of it.
  const bool refused = !Holds(self, mutex) && (!MutexHeld(mutex) || HolderOf(mutex) != nullptr);
  return ReleaseLock(self, mutex, [&] {
    return refused ? LIBC(pthread_mutex_unlock)(mutex) : REAL(pthread_mutex_unlock)(mutex);
  });
}

void AbandonRobustMutexes(Thread* self) {
  if (self->held_count == 0) return;
  robust_list_head* head = RobustList(self);
  for (int i = 0; i < kMostRobustMutexes && head->list.next != &head->list; ++i) {
    // The lowest bit marks priority inheritance.
    const uintptr_t entry = reinterpret_cast<uintptr_t>(head->list.next) & ~uintptr_t{1};
    auto* mutex =
        reinterpret_cast<pthread_mutex_t*>(entry + static_cast<uintptr_t>(head->futex_offset));
    AtPoint(self, OpKind::kMutexUnlock, Access::kWrite, mutex);
    head->list.next = reinterpret_cast<robust_list*>(entry)->next;
    mutex->__data.__lock = static_cast<int>(
        (static_cast<uint32_t>(mutex->__data.__lock) & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
    // What the owner wrote comes before what the next one reads.
    TsanRelease(mutex);
    while (Holds(self, mutex)) DropHeld(self, mutex);
    Changed(mutex);
  }
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
