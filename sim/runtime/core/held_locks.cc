#include "sim/runtime/core/held_locks.h"

#include <cstring>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/weak_memory.h"

namespace heddle::sim::runtime {

namespace {

constinit LeftLock left_locks[kMaxHeld] = {};
HEDDLE_HOT constinit uint32_t left_count = 0;

// As which `self` holds the lock, latest first; kWrite where that is not known.
HeldKind KindHeld(const Thread* self, const void* address) {
  for (uint32_t i = HeldEntries(self); i-- > 0;) {
    if (self->held[i].address == address) return self->held[i].kind;
  }
  return HeldKind::kWrite;
}

}  // namespace

void PushHeld(Thread* self, const void* address, HeldKind kind) {
  KERNEL_CHECK(self->alive, "only a thread that is alive takes a lock");
  if (self->held_count < kMaxHeld) self->held[self->held_count] = {address, kind, self->caller};
  ++self->held_count;
  if (!kernel.request.weak) return;
  WeakTake(self, address);
  if (kind == HeldKind::kWrite) WeakTake(self, ReadersOf(address));
}

void DropHeld(Thread* self, const void* address) {
  if (kernel.request.weak) {
    // What readers give back, only writers take.
    const bool reads = KindHeld(self, address) == HeldKind::kRead;
    WeakGive(self, reads ? ReadersOf(address) : address);
  }
  if (self->held_count > kMaxHeld) {
    --self->held_count;
    return;
  }
  for (uint32_t i = self->held_count; i-- > 0;) {
    if (self->held[i].address != address) continue;
    memmove(self->held + i, self->held + i + 1, (self->held_count - i - 1) * sizeof(Held));
    self->held[--self->held_count] = {};  // LeakSanitizer would take the address for a pointer
    return;
  }
}

Thread* HolderOf(const void* address) {
  if (address == nullptr) return nullptr;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr) continue;
    for (uint32_t h = 0; h < HeldEntries(thread); ++h) {
      if (thread->held[h].address == address) return thread;
    }
  }
  return nullptr;
}

void LeaveLocks(const Thread* self) {
  for (uint32_t h = 0; h < HeldEntries(self) && left_count < kMaxHeld; ++h) {
    left_locks[left_count++] = {self->held[h].address, self->number, self->held[h].caller};
  }
}

const LeftLock* LeftBy(const void* address) {
  for (uint32_t i = left_count; i-- > 0;) {
    if (left_locks[i].address == address) return &left_locks[i];
  }
  return nullptr;
}

void ForgetLeftLocks() { left_count = 0; }

}  // namespace heddle::sim::runtime
