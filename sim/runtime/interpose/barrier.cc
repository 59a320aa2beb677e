// Barriers: pthread_barrier_wait (POSIX.1-2017). Waiting is the kernel's own: glibc's barrier is
// never entered under control, only its count is read. The last to arrive gets
// PTHREAD_BARRIER_SERIAL_THREAD; the others go on in any order.
//
// Init and destroy are no points. (std::barrier waits in a futex or an atomic and is not this.)
#include "sim/runtime/core/wait_queue.h"
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/tsan.h"

HEDDLE_REAL(pthread_barrier_wait, int, pthread_barrier_t*)

namespace heddle::sim::runtime {
namespace {

// All that was done before is seen by all behind the barrier; the barrier itself is read, which
// races with its initialisation, and with a destruction that does not come behind it. (POSIX allows
// one while others have not returned yet. ThreadSanitizer's own interceptor reports that.)
void TellTsanOfArrival(pthread_barrier_t* barrier) {
  if (__real___tsan_read1 == nullptr) return;
  Uncontrolled scope;
  __real___tsan_read1(barrier);
  TsanRelease(barrier);
}
void TellTsanOfDeparture(pthread_barrier_t* barrier) {
  if (__real___tsan_read1 == nullptr) return;
  Uncontrolled scope;
  TsanAcquire(barrier);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_barrier_wait, pthread_barrier_t* barrier) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_barrier_wait)(barrier);
  AtPoint(self, OpKind::kBarrierWait, Access::kWrite, barrier);
  CheckNotFreed(barrier, "wait", "barrier");
  TellTsanOfArrival(barrier);
  if (kernel.request.weak) WeakGive(self, barrier);
  const Sharing sharing = BarrierIsShared(barrier) ? Sharing::kShared : Sharing::kPrivate;
  const uint32_t waiting = QueueAsleep(barrier, sharing);
  int result = 0;
  if (waiting + 1 < BarrierCount(barrier)) {
    QueueJoin(self, barrier, 1, sharing);
    self->defers_signals = true;
    const bool woken = WaitPoint(self, OpKind::kBarrierWake, Access::kRead, barrier, QueueReady);
    QueueLeave(self, woken);
    self->defers_signals = false;
    HandlePending(self);
  } else {
    if (waiting > 0) QueueWake(barrier, waiting, 1, sharing);
    result = PTHREAD_BARRIER_SERIAL_THREAD;
  }
  TellTsanOfDeparture(barrier);
  if (kernel.request.weak) WeakTake(self, barrier);
  return result;
}
