// The points of allocations, in front of the allocator (allocator.h).
//
// What is counted must be the same in every flavour, so calls made by libc itself are no points
// (FromSystem): a sanitizer's own version of strdup or fopen may make none, or others.
//
// Inside a strategy (tls_in_arena) everything comes from the arena; the callers see to that first.
// `caller` is the return address of the interposed function, HEDDLE_CALLER. Outside control all of
// them let the call go through.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATION_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATION_H_

#include <cstddef>
#include <cstdint>

#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_code.h"

#define HEDDLE_CALLER __builtin_return_address(0)

namespace heddle::sim::runtime {

// False: this allocation is to fail (a fault).
inline bool PointAllocate(const void* caller) {
  Thread* self = tls_self;
  if (self == nullptr) return true;
  self->caller = caller;
  if (FromSystem(caller)) return true;
  const bool fails = FaultComes(self, FaultKind::kAllocation);
  AtPoint(self, OpKind::kAllocate, Access::kNone, nullptr);
  return !fails;
}

// Null is freed without a point.
inline void PointFree(void* memory, const void* caller) {
  Thread* self = tls_self;
  if (self == nullptr) return;
  self->caller = caller;
  if (memory == nullptr) return;
  uint32_t size = 0;
  if (kernel.request.number_objects || kernel.request.weak) {
    Uncontrolled scope;
    size = static_cast<uint32_t>(SizeToFree(memory));
  }
  if (FromSystem(caller)) {
    if (kernel.request.weak) WeakForget(memory, size);
    return;
  }
  // The address names no object: conflicts are found by range.
  Announce(self, OpKind::kFree, Access::kWrite, memory, size);
  Schedule(self);
  if (kernel.request.weak) WeakForget(memory, size);
  if (kernel.request.number_objects) ForgetObjects(memory, size);
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATION_H_
