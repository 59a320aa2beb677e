// The futex system call (futex(2)), which libstdc++'s and others' atomic waits are made of. Waiting
// is the kernel's own (the wake-up queues of core/wait_queue.h); a wake-up may go to any thread
// that waits at that time, which one is the strategy's choice. FUTEX_WAIT is relative,
// FUTEX_WAIT_BITSET absolute, both in virtual time. A fault may interrupt a wait (EINTR).
//
// A futex without FUTEX_PRIVATE_FLAG is shared with child processes, at the same address.
//
// Not modelled: the priority-inheritance operations, the robust list.
#include "sim/runtime/interpose/futex.h"

#include <linux/futex.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>

#include "sim/runtime/core/wait_queue.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {
namespace {

long FutexError(int error) {
  errno = error;
  return -1;
}

long FutexWait(Thread* self, const uint32_t* word, uint32_t expected, int64_t deadline,
               uint32_t bits, Sharing sharing) {
  const bool interrupted = FaultComes(self, FaultKind::kInterrupt);
  AtPoint(self, OpKind::kFutexWait, Access::kRead, word, sizeof *word);
  if (kernel.request.weak) WeakFutex(self, word);
  if (interrupted) return FutexError(EINTR);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return FutexError(EAGAIN);
  QueueJoin(self, word, bits, sharing);
  self->on_signal = deadline == kNever ? OnSignal::kRestarts : OnSignal::kReturns;
  const bool woken =
      WaitPoint(self, OpKind::kFutexWoken, Access::kWrite, word, QueueReady, deadline);
  if (self->interrupted) {
    if (deadline != kNever || !self->restarts) return FutexError(EINTR);
    return FutexWait(self, word, expected, deadline, bits, sharing);
  }
  QueueLeave(self, woken);
  return woken ? 0 : FutexError(ETIMEDOUT);
}

// What FUTEX_WAKE_OP writes (futex(2)).
uint32_t Operated(uint32_t operation, uint32_t old, uint32_t argument) {
  switch (operation) {
    case FUTEX_OP_SET:
      return argument;
    case FUTEX_OP_ADD:
      return old + argument;
    case FUTEX_OP_OR:
      return old | argument;
    case FUTEX_OP_ANDN:
      return old & ~argument;
    default:
      return old ^ argument;
  }
}

// What it compares, as signed numbers.
bool Compares(uint32_t comparison, int32_t old, int32_t argument) {
  switch (comparison) {
    case FUTEX_OP_CMP_EQ:
      return old == argument;
    case FUTEX_OP_CMP_NE:
      return old != argument;
    case FUTEX_OP_CMP_LT:
      return old < argument;
    case FUTEX_OP_CMP_LE:
      return old <= argument;
    case FUTEX_OP_CMP_GT:
      return old > argument;
    default:
      return old >= argument;
  }
}

long FutexWakeOp(Thread* self, uint32_t* word, uint32_t count, uint32_t count2, uint32_t* word2,
                 uint32_t encoded, Sharing sharing) {
  AtPoint(self, OpKind::kFutexWake, Access::kWrite, word);
  if (kernel.request.weak) {
    WeakFutex(self, word);
    WeakFutex(self, word2);
  }
  const uint32_t argument = encoded >> 12 & 0xFFF;
  const bool shift = (encoded >> 28 & FUTEX_OP_OPARG_SHIFT) != 0;
  const uint32_t old = *word2;
  *word2 = Operated(encoded >> 28 & 7, old, shift ? 1u << (argument & 31) : argument);
  const bool holds = Compares(encoded >> 24 & 15, static_cast<int32_t>(old),
                              static_cast<int32_t>(encoded & 0xFFF));
  uint32_t woken = QueueWake(word, count, UINT32_MAX, sharing);
  if (holds) woken += QueueWake(word2, count2, UINT32_MAX, sharing);
  return woken;
}

}  // namespace

long Futex(Thread* self, uint32_t* word, int operation, uint32_t value, long fourth,
           uint32_t* word2, uint32_t value3) {
  const auto* timeout = reinterpret_cast<const timespec*>(fourth);
  const bool realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
  const Sharing sharing =
      (operation & FUTEX_PRIVATE_FLAG) != 0 ? Sharing::kPrivate : Sharing::kShared;
  constexpr int kLastOperation = 13;  // FUTEX_LOCK_PI2
  const int command = operation & FUTEX_CMD_MASK;
  if (command > kLastOperation) return FutexError(ENOSYS);
  const bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
  const bool has_bits = command == FUTEX_WAIT_BITSET || command == FUTEX_WAKE_BITSET;
  if (reinterpret_cast<uintptr_t>(word) % sizeof *word != 0 || (has_bits && value3 == 0) ||
      (waits && timeout != nullptr && !ValidTime(timeout))) {
    return FutexError(EINVAL);
  }
  switch (command) {
    case FUTEX_WAIT:
      return FutexWait(self, word, value, DeadlineAfterOptional(timeout), UINT32_MAX, sharing);
    case FUTEX_WAIT_BITSET:
      return FutexWait(self, word, value,
                       DeadlineOfOptional(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, timeout),
                       value3, sharing);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
      AtPoint(self, OpKind::kFutexWake, Access::kWrite, word, sizeof *word);
      if (kernel.request.weak) WeakFutex(self, word);
      return QueueWake(word, value, command == FUTEX_WAKE ? UINT32_MAX : value3, sharing);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      AtPoint(self, OpKind::kFutexWake, Access::kWrite, word);
      if (kernel.request.weak) WeakFutex(self, word);
      if (command == FUTEX_CMP_REQUEUE && *word != value3) {
        return FutexError(EAGAIN);
      }
      const uint32_t woken = QueueWake(word, value, UINT32_MAX, sharing);
      return woken + QueueMove(word, word2, static_cast<uint32_t>(fourth), sharing);
    }
    case FUTEX_WAKE_OP:
      return FutexWakeOp(self, word, value, static_cast<uint32_t>(fourth), word2, value3, sharing);
    default:
      Unmodelled("a priority-inheritance futex operation");
  }
}

}  // namespace heddle::sim::runtime
