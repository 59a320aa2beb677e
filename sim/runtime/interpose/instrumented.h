// What instrumented code calls (-fsanitize=thread): atomics, plain accesses, the memcpy family.
// Shared by instrumented.cc (det and asan) and instrumented_tsan.cc.
//
// Atomics are sequentially consistent here whatever the program asked for: the kernel explores
// interleavings, not weak memory (ThreadSanitizer does look at the orders asked for).
//
// All of them are fast paths: tens of nanoseconds each, outside control a test or two.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_

#include <cstddef>
#include <cstdint>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"

namespace heddle::sim::runtime {

using a8 = uint8_t;
using a16 = uint16_t;
using a32 = uint32_t;
using a64 = uint64_t;
using a128 = unsigned __int128;

inline void AtomicPoint(OpKind kind, Access access, const volatile void* address, uint32_t size) {
  if (Thread* self = tls_self) AtPoint(self, kind, access, const_cast<const void*>(address), size);
}
// A compare-exchange that failed.
inline void AtomicRead(Thread* self) {
  if (self != nullptr) OnlyRead(self);
}

// Out of line: the fast path of an access is one test of a flag.
__attribute__((noinline)) inline void MemoryPoint(OpKind kind, const void* address, uint32_t size,
                                                  const void* caller) {
  if (size == 0) return;
  if (kernel.request.sites.Any() && !kernel.request.sites.Has(caller)) return;
  if (Thread* self = tls_self) {
    AtPoint(self, kind, kind == OpKind::kMemoryRead ? Access::kRead : Access::kWrite, address,
            size);
  }
}
// Inlined for its caller's return address.
__attribute__((always_inline)) inline void OnAccess(OpKind kind, const void* address,
                                                    uint64_t size) {
  if (__builtin_expect(kernel.request.memory_points, 0)) {
    MemoryPoint(kind, address, static_cast<uint32_t>(size), __builtin_return_address(0));
  }
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_
