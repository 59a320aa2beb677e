// Condition variables: pthread_cond_* (POSIX.1-2017). Waiting is the kernel's own (the wake-up
// queues of core/wait_queue.h): a signal may wake any thread that waits at that time, which one is
// the strategy's choice; the wait releases the mutex in one step with joining the queue; taking the
// mutex again is a step of its own.
//
// A signal reaches only those who wait already: one that came too early is lost, as it is for real.
// No spurious wake-ups. Timed waits end in virtual time, on the condition's clock.
//
// Findings where POSIX says undefined: use of a destroyed condition variable, destroy of one on
// which a thread waits that nobody has woken. Destroy waits for those that were woken, as glibc's
// does, so that its memory can be used again afterwards.
//
// Init is no point.
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"
#include "sim/runtime/interpose/mutex.h"
#include "sim/runtime/interpose/tsan.h"

// glibc has an older set of these under the same names.
HEDDLE_REAL_VERSION(pthread_cond_wait, "GLIBC_2.3.2", int, pthread_cond_t*, pthread_mutex_t*)
HEDDLE_REAL_VERSION(pthread_cond_timedwait, "GLIBC_2.3.2", int, pthread_cond_t*, pthread_mutex_t*,
                    const timespec*)
HEDDLE_REAL(pthread_cond_clockwait, int, pthread_cond_t*, pthread_mutex_t*, clockid_t,
            const timespec*)
HEDDLE_REAL_VERSION(pthread_cond_signal, "GLIBC_2.3.2", int, pthread_cond_t*)
HEDDLE_REAL_VERSION(pthread_cond_broadcast, "GLIBC_2.3.2", int, pthread_cond_t*)
HEDDLE_REAL_VERSION(pthread_cond_destroy, "GLIBC_2.3.2", int, pthread_cond_t*)

namespace heddle::sim::runtime {
namespace {

Sharing SharingOf(const pthread_cond_t* cond) {
  return CondIsShared(cond) ? Sharing::kShared : Sharing::kPrivate;
}

void CheckCond(const pthread_cond_t* cond, const char* operation) {
  if (CondDestroyed(cond)) {
    CheckNotFreed(cond, operation, "condition variable");
    Fail(FailureKind::kMisuse, "%s on a destroyed condition variable at %p", operation,
         static_cast<const void*>(cond));
  }
}

int Wait(Thread* self, pthread_cond_t* cond, pthread_mutex_t* mutex, int64_t deadline) {
  CheckCond(cond, "wait");
  CheckMutex(mutex, "condition wait with");
  Announce(self, deadline == kNever ? OpKind::kCondWait : OpKind::kCondTimedWait, Access::kWrite,
           cond);
  self->pending.second_address = reinterpret_cast<uintptr_t>(mutex);
  if (kernel.request.number_objects) {
    self->pending.object = ObjectOf(self->pending.address);
    self->pending.second = ObjectOf(self->pending.second_address);
  }
  Schedule(self);
  CheckUnlock(self, mutex);
  if (__real___tsan_read1 != nullptr) __real___tsan_read1(cond);  // races with its destruction
  if (const int error = UnlockMutex(self, mutex); error != 0) return error;
  QueueJoin(self, cond, 1, SharingOf(cond));
  const bool woken = WaitPoint(self, OpKind::kCondWake, Access::kWrite, cond, QueueReady, deadline,
                               OpKind::kCondTimeout);
  if (!self->interrupted) QueueLeave(self, woken);
  const bool interrupted = self->interrupted;
  // Taking the mutex again is an operation of its own, which others can come before.
  const int error = LockMutex(self, mutex, OpKind::kMutexLock, kNever);
  CancellationPoint(self);
  if (error != 0) return error;  // of a robust mutex
  return woken || interrupted ? 0 : ETIMEDOUT;
}

// Nobody is left who was woken, or somebody waits still: then it is misuse.
bool DestroyReady(Thread* self) {
  const auto* cond = Waited<pthread_cond_t>(self);
  return QueueLength(cond, SharingOf(cond)) == 0 || QueueAsleep(cond, SharingOf(cond)) != 0;
}

int TimedWait(Thread* self, pthread_cond_t* cond, pthread_mutex_t* mutex, clockid_t clock,
              const timespec* deadline) {
  if (!HasDeadlines(clock) || !ValidTime(deadline)) return EINVAL;
  return Wait(self, cond, mutex, DeadlineOf(clock, deadline));
}

int Signal(Thread* self, pthread_cond_t* cond, OpKind kind, uint32_t count) {
  CheckCond(cond, OpKindName(kind));
  AtPoint(self, kind, Access::kWrite, cond);
  CheckCond(cond, OpKindName(kind));
  QueueWake(cond, count, ~uint64_t{0}, SharingOf(cond));
  Uncontrolled scope;  // nobody waits in the real one; this is for ThreadSanitizer
  return kind == OpKind::kCondSignal ? REAL(pthread_cond_signal)(cond)
                                     : REAL(pthread_cond_broadcast)(cond);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_cond_wait, pthread_cond_t* cond, pthread_mutex_t* mutex) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_wait)(cond, mutex);
  return Wait(self, cond, mutex, kNever);
}

INTERPOSE(int, pthread_cond_timedwait, pthread_cond_t* cond, pthread_mutex_t* mutex,
          const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_timedwait)(cond, mutex, deadline);
  return TimedWait(self, cond, mutex, CondClock(cond), deadline);
}

INTERPOSE(int, pthread_cond_clockwait, pthread_cond_t* cond, pthread_mutex_t* mutex,
          clockid_t clock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
  return TimedWait(self, cond, mutex, clock, deadline);
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
  WaitPoint(self, OpKind::kCondDestroy, Access::kWrite, cond, DestroyReady);
  CheckCond(cond, "destroy");
  if (QueueLength(cond, SharingOf(cond)) != 0) {
    Fail(FailureKind::kMisuse, "destroy of the condition variable at %p while a thread waits on it",
         static_cast<void*>(cond));
  }
  Uncontrolled scope;
  return REAL(pthread_cond_destroy)(cond);
}
