// Fences (C++20 [atomics.fences]) for ThreadSanitizer, which knows none: a correct program that
// orders relaxed operations by fences, as Rust's Arc does, would be a race to it.
//
// An acquire fence acquires what the atomics hold that its thread read without acquiring, and after
// a release fence all stores of its thread release. That is never less than C++ says and can be
// more (what was written between the fence and the store, the newest release instead of the one
// that was read, a thread's oldest reads are forgotten first): a race may be missed, and one more
// reported only of a thread that reads over kMaxUnacquired atomics before its fence. Under a weak
// memory model the orders are exact (weak_tokens.h).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_FENCES_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_FENCES_H_

#include "sim/runtime/core/thread.h"
#include "sim/runtime/interpose/tsan.h"

namespace heddle::sim::runtime {

// An atomic that the thread reads with `order`.
inline void NoteRead(Thread* self, const volatile void* atomic, int order) {
  if (self == nullptr || (order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE)) return;
  const volatile void** const reads = self->unacquired;
  const uint32_t count = self->unacquired_count;
  for (uint32_t i = 0; i < count && i < kMaxUnacquired; ++i) {
    if (reads[i] == atomic) return;
  }
  reads[count % kMaxUnacquired] = atomic;
  self->unacquired_count = count + 1 < 2 * kMaxUnacquired ? count + 1 : kMaxUnacquired;
}

// What a store with `order` is to ThreadSanitizer.
inline int StoreOrder(const Thread* self, int order) {
  if (self == nullptr || !self->has_released) return order;
  if (order == __ATOMIC_RELAXED) return __ATOMIC_RELEASE;
  return order == __ATOMIC_ACQUIRE ? __ATOMIC_ACQ_REL : order;
}
inline int UpdateOrder(Thread* self, const volatile void* atomic, int order) {
  NoteRead(self, atomic, order);
  return StoreOrder(self, order);
}

inline void NoteFence(Thread* self, int order) {
  if (self == nullptr || order == __ATOMIC_RELAXED) return;
  if (order != __ATOMIC_ACQUIRE) self->has_released = true;
  if (order == __ATOMIC_RELEASE) return;
  for (uint32_t i = 0; i < self->unacquired_count && i < kMaxUnacquired; ++i) {
    TsanAcquire(const_cast<void*>(self->unacquired[i]));
  }
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_FENCES_H_
