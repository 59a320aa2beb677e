// The compiler's calls in det and asan: these are the definitions of __tsan_*: a point, then the
// operation. In asan an atomic is checked against the shadow first (compiled code checks its plain
// accesses itself), in det each access against the heap.
#if !defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/interpose/instrumented.h"

#include <cstring>

#include "sim/runtime/interpose/allocator.h"

using namespace heddle::sim;           // NOLINT: the functions below are the compiler's names
using namespace heddle::sim::runtime;  // NOLINT

#if defined(HEDDLE_FLAVOUR_ASAN)
extern "C" {
void* __asan_region_is_poisoned(void* begin, size_t size);
void __asan_report_load_n(uintptr_t address, size_t size);
void __asan_report_store_n(uintptr_t address, size_t size);
void* __asan_memcpy(void*, const void*, size_t);
void* __asan_memmove(void*, const void*, size_t);
void* __asan_memset(void*, int, size_t);
}
template <bool write>
inline void Check(const volatile void* address, size_t size) {
  void* begin = const_cast<void*>(address);
  if (__builtin_expect(__asan_region_is_poisoned(begin, size) == nullptr, 1)) return;
  if (write) {
    __asan_report_store_n(reinterpret_cast<uintptr_t>(begin), size);
  } else {
    __asan_report_load_n(reinterpret_cast<uintptr_t>(begin), size);
  }
}
inline void CheckPlain(OpKind, const volatile void*, size_t) {}
#define HEDDLE_MEMCPY __asan_memcpy
#define HEDDLE_MEMMOVE __asan_memmove
#define HEDDLE_MEMSET __asan_memset
#else
template <bool write>
inline void Check(const volatile void* address, size_t size) {
  CheckAccess(address, size, write ? "atomic write" : "atomic read");
}
inline void CheckPlain(OpKind kind, const volatile void* address, size_t size) {
  CheckAccess(address, size, kind == OpKind::kMemoryRead ? "read" : "write");
}
#define HEDDLE_MEMCPY memcpy
#define HEDDLE_MEMMOVE memmove
#define HEDDLE_MEMSET memset
#endif

// Under a weak memory model the functions below leave for one of these at once, so that they need
// not keep the order and their caller across the point when there is none. `caller`: of the
// compiler's function.
#define WEAKLY static __attribute__((noinline))

// `builtin` does the operation, `result` is what it makes of `before`.
#define FETCH(bits, operation, builtin, result)                                                \
  WEAKLY a##bits Weakly##bits##_##operation(volatile a##bits* a, a##bits v, int order,         \
                                            const void* caller) {                              \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                              \
    Check<true>(a, bits / 8);                                                                  \
    const int used = OrderOf(order, caller);                                                   \
    a##bits before;                                                                            \
    const uint32_t place = WeakPlaceOf(a, &before, used);                                      \
    if (place == 0) before = builtin(a, v, __ATOMIC_SEQ_CST);                                  \
    WeakUpdateOf(static_cast<a##bits>(result), used, place);                                   \
    return before;                                                                             \
  }                                                                                            \
  a##bits __tsan_atomic##bits##_##operation(volatile a##bits* a, a##bits v, int order) {       \
    if (IsWeak()) return Weakly##bits##_##operation(a, v, order, __builtin_return_address(0)); \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                              \
    Check<true>(a, bits / 8);                                                                  \
    return builtin(a, v, __ATOMIC_SEQ_CST);                                                    \
  }
#define EXCHANGE(bits, form)                                                                       \
  WEAKLY int Weakly##bits##_exchange_##form(volatile a##bits* a, a##bits* c, a##bits v, int order, \
                                            int failure, const void* caller) {                     \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                  \
    Check<true>(a, bits / 8);                                                                      \
    uint32_t place = 0;                                                                            \
    const int used = OrderOf(order, caller);                                                       \
    bool done = WeakExpect(a, c, MayFail(kMayFail_##form, caller), used,                           \
                           FailureOrderOf(order, used, failure), &place);                          \
    if (done && place == 0) {                                                                      \
      done = __atomic_compare_exchange_n(a, c, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);      \
    }                                                                                              \
    if (done) WeakUpdateOf(v, used, place);                                                        \
    if (!done) AtomicRead(tls_self);                                                               \
    return done;                                                                                   \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_##form(volatile a##bits* a, a##bits* c, a##bits v,    \
                                                    int order, int failure) {                      \
    if (IsWeak()) {                                                                                \
      return Weakly##bits##_exchange_##form(a, c, v, order, failure, __builtin_return_address(0)); \
    }                                                                                              \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                  \
    Check<true>(a, bits / 8);                                                                      \
    const bool done =                                                                              \
        __atomic_compare_exchange_n(a, c, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
    if (!done) AtomicRead(tls_self);                                                               \
    return done;                                                                                   \
  }
#define ATOMICS(bits)                                                                            \
  WEAKLY a##bits Weakly##bits##_load(const volatile a##bits* a, int order, const void* caller) { \
    AtomicPoint(OpKind::kAtomicLoad, Access::kRead, a, bits / 8);                                \
    Check<false>(a, bits / 8);                                                                   \
    return WeakLoadOf(a, Newest(a), OrderOf(order, caller));                                     \
  }                                                                                              \
  a##bits __tsan_atomic##bits##_load(const volatile a##bits* a, int order) {                     \
    if (IsWeak()) return Weakly##bits##_load(a, order, __builtin_return_address(0));             \
    AtomicPoint(OpKind::kAtomicLoad, Access::kRead, a, bits / 8);                                \
    Check<false>(a, bits / 8);                                                                   \
    return Newest(a);                                                                            \
  }                                                                                              \
  WEAKLY void Weakly##bits##_store(volatile a##bits* a, a##bits v, int order,                    \
                                   const void* caller) {                                         \
    AtomicPoint(OpKind::kAtomicStore, Access::kWrite, a, bits / 8);                              \
    Check<true>(a, bits / 8);                                                                    \
    const int used = OrderOf(order, caller);                                                     \
    if (!WeakStoreOf(a, Newest(a), v, used)) return;                                             \
    if (used != __ATOMIC_SEQ_CST) return __atomic_store_n(a, v, __ATOMIC_RELEASE);               \
    __atomic_store_n(a, v, __ATOMIC_SEQ_CST);                                                    \
  }                                                                                              \
  void __tsan_atomic##bits##_store(volatile a##bits* a, a##bits v, int order) {                  \
    if (IsWeak()) return Weakly##bits##_store(a, v, order, __builtin_return_address(0));         \
    AtomicPoint(OpKind::kAtomicStore, Access::kWrite, a, bits / 8);                              \
    Check<true>(a, bits / 8);                                                                    \
    __atomic_store_n(a, v, __ATOMIC_SEQ_CST);                                                    \
  }                                                                                              \
  FETCH(bits, exchange, __atomic_exchange_n, v)                                                  \
  FETCH(bits, fetch_add, __atomic_fetch_add, before + v)                                         \
  FETCH(bits, fetch_sub, __atomic_fetch_sub, before - v)                                         \
  FETCH(bits, fetch_and, __atomic_fetch_and, before& v)                                          \
  FETCH(bits, fetch_or, __atomic_fetch_or, before | v)                                           \
  FETCH(bits, fetch_xor, __atomic_fetch_xor, before ^ v)                                         \
  FETCH(bits, fetch_nand, __atomic_fetch_nand, ~(before & v))                                    \
  EXCHANGE(bits, strong)                                                                         \
  EXCHANGE(bits, weak)                                                                           \
  a##bits __tsan_atomic##bits##_compare_exchange_val(volatile a##bits* a, a##bits c, a##bits v,  \
                                                     int order, int failure) {                   \
    const int used = IsWeak() ? OrderOf(order, __builtin_return_address(0)) : order;             \
    __tsan_atomic##bits##_compare_exchange_strong(a, &c, v, used,                                \
                                                  FailureOrderOf(order, used, failure));         \
    return c;                                                                                    \
  }

// Inlined for its caller's return address.
__attribute__((always_inline)) inline void Plain(OpKind kind, const volatile void* address,
                                                 size_t size) {
  OnAccess(kind, const_cast<const void*>(address), size);
  CheckPlain(kind, address, size);
}

#define ACCESS(bytes)                                                                           \
  void __tsan_read##bytes(void* a) { Plain(OpKind::kMemoryRead, a, bytes); }                    \
  void __tsan_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }                  \
  void __tsan_read##bytes##_pc(void* a, void*) { Plain(OpKind::kMemoryRead, a, bytes); }        \
  void __tsan_write##bytes##_pc(void* a, void*) { Plain(OpKind::kMemoryWrite, a, bytes); }      \
  void __tsan_read_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }             \
  void __tsan_volatile_read##bytes(void* a) { Plain(OpKind::kMemoryRead, a, bytes); }           \
  void __tsan_volatile_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }         \
  void __tsan_unaligned_read##bytes(void* a) { Plain(OpKind::kMemoryRead, a, bytes); }          \
  void __tsan_unaligned_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }        \
  void __tsan_unaligned_read_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }   \
  void __tsan_unaligned_volatile_read##bytes(void* a) { Plain(OpKind::kMemoryRead, a, bytes); } \
  void __tsan_unaligned_volatile_write##bytes(void* a) { Plain(OpKind::kMemoryWrite, a, bytes); }

extern "C" {
ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
ATOMICS(128)
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __tsan_atomic_thread_fence(int order) {
  AtomicPoint(OpKind::kFence, Access::kNone, nullptr, 0);
  if (IsWeak()) WeakFence(tls_self, OrderOf(order, __builtin_return_address(0)));
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}
void __tsan_vptr_update(void** a, void*) { Plain(OpKind::kMemoryWrite, a, sizeof *a); }
void __tsan_vptr_read(void** a) { Plain(OpKind::kMemoryRead, a, sizeof *a); }
void __tsan_read_range(void* a, size_t n) { Plain(OpKind::kMemoryRead, a, n); }
void __tsan_write_range(void* a, size_t n) { Plain(OpKind::kMemoryWrite, a, n); }
void* __tsan_memcpy(void* to, const void* from, size_t n) {
  Plain(OpKind::kMemoryRead, from, n);
  Plain(OpKind::kMemoryWrite, to, n);
  return HEDDLE_MEMCPY(to, from, n);
}
void* __tsan_memmove(void* to, const void* from, size_t n) {
  Plain(OpKind::kMemoryRead, from, n);
  Plain(OpKind::kMemoryWrite, to, n);
  return HEDDLE_MEMMOVE(to, from, n);
}
void* __tsan_memset(void* to, int byte, size_t n) {
  Plain(OpKind::kMemoryWrite, to, n);
  return HEDDLE_MEMSET(to, byte, n);
}
}  // extern "C"

#endif  // !HEDDLE_FLAVOUR_TSAN
