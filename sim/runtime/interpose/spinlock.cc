// Spinlocks: pthread_spin_* (POSIX.1-2017). A thread that would spin waits instead: a spinlock that
// is never let go is a deadlock, not a livelock.
//
// Findings where POSIX says undefined: unlock of a lock that is free or that another thread holds.
//
// Not modelled: process-shared spinlocks. Init and destroy are no points.
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"

HEDDLE_REAL(pthread_spin_lock, int, pthread_spinlock_t*)
HEDDLE_REAL(pthread_spin_trylock, int, pthread_spinlock_t*)
HEDDLE_REAL(pthread_spin_unlock, int, pthread_spinlock_t*)

namespace heddle::sim::runtime {
namespace {

bool SpinReady(Thread* self) { return SpinFree(Waited<pthread_spinlock_t>(self)); }

const void* AddressOf(pthread_spinlock_t* lock) { return const_cast<int*>(lock); }

void CheckUnlock(const Thread* self, pthread_spinlock_t* lock) {
  CheckNotFreed(AddressOf(lock), "unlock", "spinlock");
  if (SpinFree(lock)) {
    Fail(FailureKind::kMisuse, "unlock of a spinlock that is not locked, at %p", AddressOf(lock));
  }
  if (AllHeldKnown(self) && !Holds(self, lock)) {
    Fail(FailureKind::kMisuse, "unlock by thread %u of a spinlock it does not hold, at %p",
         self->number, AddressOf(lock));
  }
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_spin_lock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_spin_lock)(lock);
  CheckNotFreed(AddressOf(lock), "lock", "spinlock");
  WaitPoint(self, OpKind::kSpinLock, Access::kWrite, AddressOf(lock), SpinReady);
  return TakeLock(self, AddressOf(lock), HeldKind::kSpin,
                  [&] { return REAL(pthread_spin_lock)(lock); });
}

INTERPOSE(int, pthread_spin_trylock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_spin_trylock)(lock);
  AtPoint(self, OpKind::kSpinTryLock, Access::kWrite, AddressOf(lock));
  return TryLock(self, AddressOf(lock), HeldKind::kSpin,
                 [&] { return REAL(pthread_spin_trylock)(lock); });
}

INTERPOSE(int, pthread_spin_unlock, pthread_spinlock_t* lock) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_spin_unlock)(lock);
  AtPoint(self, OpKind::kSpinUnlock, Access::kWrite, AddressOf(lock));
  CheckUnlock(self, lock);
  return ReleaseLock(self, AddressOf(lock), [&] { return REAL(pthread_spin_unlock)(lock); });
}
