// What instrumented code calls (-fsanitize=thread): atomics, plain accesses, the memcpy family.
// Shared by instrumented.cc (det and asan) and instrumented_tsan.cc.
//
// The real operations are sequentially consistent whatever the program asked for. Under a weak
// memory model (kernel.request.weak) weak_memory.h knows the orders, and says which store a load
// reads and whether a store is the newest.
//
// All of them are fast paths: tens of nanoseconds each, outside control a test or two.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_

#include <cstddef>
#include <cstdint>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/weak_memory.h"
#include "sim/runtime/interpose/spins.h"

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

// Out of line: the fast path of an access is a test of a flag and a count (spins.h).
__attribute__((noinline)) inline void MemoryPoint(OpKind kind, const void* address, uint32_t size,
                                                  const void* caller) {
  Thread* const self = tls_self;
  if (size == 0 || self == nullptr) return;
  const Request& request = kernel.request;
  if (AccessesArePoints() && (!kernel.sites.Any() || kernel.sites.Has(caller))) {
    AtPoint(self, kind, kind == OpKind::kMemoryRead ? Access::kRead : Access::kWrite, address,
            size);
  }
  if (request.weak && kind == OpKind::kMemoryWrite) WeakPlainWrite(address, size);
}
// Inlined for its caller's return address.
__attribute__((always_inline)) inline void OnAccess(OpKind kind, const void* address,
                                                    uint64_t size) {
  if (__builtin_expect(kernel.request.watch_accesses, 0)) {
    MemoryPoint(kind, address, static_cast<uint32_t>(size), __builtin_return_address(0));
  }
  if (kind == OpKind::kMemoryRead) {
    NoteSpinRead(address);
  } else {
    NoteSpinWrite();
  }
}

// --- Under a weak memory model ---

// Of the two forms of compare-exchange, whose names the macros have.
inline constexpr bool kMayFail_strong = false;  // NOLINT(readability-identifier-naming)
inline constexpr bool kMayFail_weak = true;     // NOLINT(readability-identifier-naming)

inline bool IsWeak() { return __builtin_expect(kernel.request.weak, 0) && tls_self != nullptr; }

// Whether a campaign asks operations of `caller` to be stronger than the program does
// (CampaignSpec::stronger_sites).
inline bool IsStrongerSite(const void* caller) {
  const Request& request = kernel.request;
  const auto site = reinterpret_cast<uint64_t>(caller);
  for (uint32_t i = 0; i < kMaxStrongerSites && request.stronger_sites[i] != 0; ++i) {
    if (request.stronger_sites[i] == site || request.stronger_sites[i] == kEverySite) return true;
  }
  return false;
}
// The memory order of an operation of `caller`.
__attribute__((noinline)) inline int StrongerOrder(int order, const void* caller) {
  if (!IsStrongerSite(caller)) return order;
  if (kernel.request.stronger_by == Strengthening::kOrder) return __ATOMIC_SEQ_CST;
  if (kernel.request.stronger_by == Strengthening::kFence) WeakFence(tls_self, __ATOMIC_SEQ_CST);
  return order;
}
inline int OrderOf(int order, const void* caller) {
  if (__builtin_expect(kernel.request.stronger_sites[0] == 0, 1)) return order;
  return StrongerOrder(order, caller);
}
// Whether a compare-exchange of `caller` may fail by itself, when the program says so.
inline bool MayFail(bool weak_form, const void* caller) {
  return weak_form &&
         (__builtin_expect(kernel.request.stronger_sites[0] == 0, 1) ||
          kernel.request.stronger_by != Strengthening::kForm || !IsStrongerSite(caller));
}
// Of a compare-exchange that fails.
inline int FailureOrderOf(int order, int used_order, int failure) {
  return order == used_order ? failure : used_order;
}

// 16 bytes are not modelled apart from their synchronisation: they are seq_cst.
template <typename T>
inline constexpr bool kIsModelled = sizeof(T) <= sizeof(uint64_t);

template <typename T>
T Newest(const volatile T* a) {
  return __atomic_load_n(a, __ATOMIC_SEQ_CST);
}

// What the load reads.
template <typename T>
T WeakLoadOf(const volatile T* a, T memory, int order) {
  if constexpr (kIsModelled<T>) {
    return static_cast<T>(WeakLoad(tls_self, a, sizeof(T), memory, order));
  } else {
    WeakWhole(tls_self, a, sizeof(T));
    return memory;
  }
}

// Before the store. False: memory stays.
template <typename T>
bool WeakStoreOf(const volatile T* a, T before, T value, int order) {
  if constexpr (kIsModelled<T>) {
    return WeakStore(tls_self, a, sizeof(T), before, value, order);
  } else {
    WeakWhole(tls_self, a, sizeof(T));
    return true;
  }
}

// Which store a read-modify-write reads (*value), and how many are newer: memory stays if any is.
template <typename T>
uint32_t WeakPlaceOf(const volatile T* a, T* value, int order) {
  if constexpr (kIsModelled<T>) {
    const WeakPlace found = PlaceUpdate(tls_self, a, sizeof(T), Newest(a), order);
    *value = static_cast<T>(found.value);
    return found.place;
  } else {
    WeakWhole(tls_self, a, sizeof(T));
    return 0;
  }
}

// False: the compare-exchange fails, on what *expected holds then. `may_fail`: also without a
// reason (the weak form).
template <typename T>
bool WeakExpect(const volatile T* a, T* expected, bool may_fail, int order, int failure,
                uint32_t* place) {
  *place = 0;
  if constexpr (kIsModelled<T>) {
    const WeakPlace found = PlaceCompareExchange(tls_self, a, sizeof(T), Newest(a), *expected,
                                                 may_fail, order, failure);
    *place = found.place;
    *expected = static_cast<T>(found.value);
    return !found.fails;
  } else {
    WeakWhole(tls_self, a, sizeof(T));
    return true;
  }
}

// The read-modify-write is done.
template <typename T>
void WeakUpdateOf(T value, int order, uint32_t place) {
  if constexpr (kIsModelled<T>) WeakUpdate(tls_self, value, order, place);
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_INSTRUMENTED_H_
