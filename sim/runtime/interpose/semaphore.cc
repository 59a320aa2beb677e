// Unnamed and named semaphores: sem_* (POSIX.1-2017), with the real one's value as the truth. A
// wait may be interrupted by a fault (EINTR). Timed waits end in virtual time.
//
// Not modelled: what another process does to a semaphore. Init, destroy, open and close are no
// points.
#include <cerrno>

#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"

HEDDLE_REAL(sem_wait, int, sem_t*)
HEDDLE_REAL(sem_trywait, int, sem_t*)
HEDDLE_REAL(sem_timedwait, int, sem_t*, const timespec*)
HEDDLE_REAL(sem_clockwait, int, sem_t*, clockid_t, const timespec*)
HEDDLE_REAL(sem_post, int, sem_t*)
HEDDLE_REAL(sem_getvalue, int, sem_t*, int*)

namespace heddle::sim::runtime {
namespace {

constexpr uint32_t kFirstWithValues = 8;  // of the rules

bool SemReady(Thread* self) { return SemValue(Waited<sem_t>(self)) > 0; }

int Wait(Thread* self, sem_t* semaphore, OpKind kind, int64_t deadline) {
  CheckNotFreed(semaphore, "wait", "semaphore");
  if (FaultComes(self, FaultKind::kInterrupt)) {
    AtPoint(self, OpKind::kSemTryWait, Access::kRead, semaphore);
    errno = EINTR;
    return -1;
  }
  self->on_signal = deadline == kNever ? OnSignal::kRestarts : OnSignal::kReturns;
  if (!WaitPoint(self, kind, Access::kWrite, semaphore, SemReady, deadline)) {
    errno = self->interrupted ? EINTR : ETIMEDOUT;
    return -1;
  }
  const int result = CallReal([&] { return REAL(sem_wait)(semaphore); });
  if (kernel.request.weak) WeakTake(self, semaphore);
  Changed(semaphore);
  return result;
}

int TimedWait(Thread* self, sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  if (!HasDeadlines(clock) || !ValidTime(deadline)) {
    errno = EINVAL;
    return -1;
  }
  return Wait(self, semaphore, OpKind::kSemTimedWait, DeadlineOf(clock, deadline));
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, sem_wait, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_wait)(semaphore);
  return Wait(self, semaphore, OpKind::kSemWait, kNever);
}

INTERPOSE(int, sem_timedwait, sem_t* semaphore, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_timedwait)(semaphore, deadline);
  return TimedWait(self, semaphore, CLOCK_REALTIME, deadline);
}

INTERPOSE(int, sem_clockwait, sem_t* semaphore, clockid_t clock, const timespec* deadline) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_clockwait)(semaphore, clock, deadline);
  return TimedWait(self, semaphore, clock, deadline);
}

INTERPOSE(int, sem_trywait, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_trywait)(semaphore);
  AtPoint(self, OpKind::kSemTryWait, Access::kWrite, semaphore);
  if (SemValue(semaphore) == 0) OnlyRead(self);
  const int result = CallReal([&] { return REAL(sem_trywait)(semaphore); });
  if (result == 0) {
    if (kernel.request.weak) WeakTake(self, semaphore);
    Changed(semaphore);
  }
  return result;
}

INTERPOSE(int, sem_post, sem_t* semaphore) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sem_post)(semaphore);
  AtPoint(self, OpKind::kSemPost, Access::kWrite, semaphore);
  CheckNotFreed(semaphore, "post", "semaphore");
  if (kernel.request.weak) WeakGive(self, semaphore);
  const int result = CallReal([&] { return REAL(sem_post)(semaphore); });
  Changed(semaphore);
  return result;
}

INTERPOSE(int, sem_getvalue, sem_t* semaphore, int* value) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || kernel.request.rules < kFirstWithValues) {
    return REAL(sem_getvalue)(semaphore, value);
  }
  AtPoint(self, OpKind::kSemTryWait, Access::kRead, semaphore);
  CheckNotFreed(semaphore, "read", "semaphore");
  return CallReal([&] { return REAL(sem_getvalue)(semaphore, value); });
}
