// Schedule points. One simulated thread runs at a time. Interposed functions stop at a point
// *before* they do anything:
//
//   AtPoint(self, kind, access, address)   an operation that cannot block;
//   WaitPoint(...)                         one that can (waiting.h).
//
// `self` is the calling thread (tls_self), never null, and has control. A call returns when the
// strategy has chosen `self` for the operation; every other thread may have run in between, and
// signal handlers on `self`. Never in a handler that the system calls.
#ifndef HEDDLE_SIM_RUNTIME_CORE_POINTS_H_
#define HEDDLE_SIM_RUNTIME_CORE_POINTS_H_

#include "sim/runtime/core/decide.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/object_table.h"
#include "sim/runtime/core/weak_memory.h"

namespace heddle::sim::runtime {

// Says what `self` does next. For operations with more to say than AtPoint() takes; Schedule() must
// follow.
inline void Announce(Thread* self, OpKind kind, Access access, const void* address,
                     uint32_t size = 0) {
  kernel.view.last = self->pending;
  self->pending = {.kind = kind,
                   .access = access,
                   .size = size,
                   .address = reinterpret_cast<uintptr_t>(address)};
}

inline void AtPoint(Thread* self, OpKind kind, Access access, const void* address,
                    uint32_t size = 0) {
  Announce(self, kind, access, address, size);
  if (kernel.request.number_objects) self->pending.object = ObjectOf(self->pending.address);
  Schedule(self);
}

// Whether plain accesses are points now: all, or those at kernel.sites.
inline bool AccessesArePoints() {
  constexpr uint32_t kFirstWithBound = 9;  // of the rules
  const Request& request = kernel.request;
  return request.memory_points &&
         (kernel.log.points < kMaxPointsWithAccesses || request.rules < kFirstWithBound);
}

// Same, on one of the fixed objects (clock, files, random).
inline void PointOn(Thread* self, OpKind kind, Access access, ObjectId object) {
  Announce(self, kind, access, nullptr);
  self->pending.object = object;
  Schedule(self);
  if (__builtin_expect(kernel.request.weak, 0) && object != kNoObject) WeakSystem(self);
}

// What `self` did was only a read after all (a failed compare-exchange or trylock).
inline void OnlyRead(Thread* self) { self->pending.access = Access::kRead; }

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_POINTS_H_
