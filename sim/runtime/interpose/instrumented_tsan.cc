// The compiler's calls in tsan: -Wl,--wrap puts the point in front of ThreadSanitizer's own
// function, which is left by a tail call so that it sees its real caller in reports.
#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/interpose/instrumented.h"

using namespace heddle::sim;           // NOLINT: the functions below are the compiler's names
using namespace heddle::sim::runtime;  // NOLINT

#define TAIL_CALL [[clang::musttail]] return

// A compare-exchange that will fail is only a read. Nothing runs between this look and the real
// one.
#define WILL_FAIL(bits, a, expected) \
  if (__atomic_load_n(a, __ATOMIC_RELAXED) != (expected)) AtomicRead(tls_self)

#define FETCH(bits, operation)                                                                  \
  a##bits __real___tsan_atomic##bits##_##operation(volatile a##bits*, a##bits, int);            \
  a##bits __wrap___tsan_atomic##bits##_##operation(volatile a##bits* a, a##bits v, int order) { \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                               \
    TAIL_CALL __real___tsan_atomic##bits##_##operation(a, v, order);                            \
  }
#define EXCHANGE(bits, form)                                                                     \
  int __real___tsan_atomic##bits##_compare_exchange_##form(volatile a##bits*, a##bits*, a##bits, \
                                                           int, int);                            \
  int __wrap___tsan_atomic##bits##_compare_exchange_##form(volatile a##bits* a, a##bits* c,      \
                                                           a##bits v, int order, int failure) {  \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                \
    WILL_FAIL(bits, a, *c);                                                                      \
    TAIL_CALL __real___tsan_atomic##bits##_compare_exchange_##form(a, c, v, order, failure);     \
  }
#define ATOMICS(bits)                                                                            \
  a##bits __real___tsan_atomic##bits##_load(const volatile a##bits*, int);                       \
  a##bits __wrap___tsan_atomic##bits##_load(const volatile a##bits* a, int order) {              \
    AtomicPoint(OpKind::kAtomicLoad, Access::kRead, a, bits / 8);                                \
    TAIL_CALL __real___tsan_atomic##bits##_load(a, order);                                       \
  }                                                                                              \
  void __real___tsan_atomic##bits##_store(volatile a##bits*, a##bits, int);                      \
  void __wrap___tsan_atomic##bits##_store(volatile a##bits* a, a##bits v, int order) {           \
    AtomicPoint(OpKind::kAtomicStore, Access::kWrite, a, bits / 8);                              \
    TAIL_CALL __real___tsan_atomic##bits##_store(a, v, order);                                   \
  }                                                                                              \
  FETCH(bits, exchange)                                                                          \
  FETCH(bits, fetch_add)                                                                         \
  FETCH(bits, fetch_sub)                                                                         \
  FETCH(bits, fetch_and)                                                                         \
  FETCH(bits, fetch_or)                                                                          \
  FETCH(bits, fetch_xor)                                                                         \
  FETCH(bits, fetch_nand)                                                                        \
  EXCHANGE(bits, strong)                                                                         \
  EXCHANGE(bits, weak)                                                                           \
  a##bits __real___tsan_atomic##bits##_compare_exchange_val(volatile a##bits*, a##bits, a##bits, \
                                                            int, int);                           \
  a##bits __wrap___tsan_atomic##bits##_compare_exchange_val(volatile a##bits* a, a##bits c,      \
                                                            a##bits v, int order, int failure) { \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                \
    WILL_FAIL(bits, a, c);                                                                       \
    TAIL_CALL __real___tsan_atomic##bits##_compare_exchange_val(a, c, v, order, failure);        \
  }

#define ONE_ACCESS(name, kind, bytes)         \
  void __real___tsan_##name##bytes(void*);    \
  void __wrap___tsan_##name##bytes(void* a) { \
    OnAccess(kind, a, bytes);                 \
    TAIL_CALL __real___tsan_##name##bytes(a); \
  }
#define ACCESS(bytes)                          \
  ONE_ACCESS(read, OpKind::kMemoryRead, bytes) \
  ONE_ACCESS(write, OpKind::kMemoryWrite, bytes)
#define UNALIGNED(bytes)                                 \
  ONE_ACCESS(unaligned_read, OpKind::kMemoryRead, bytes) \
  ONE_ACCESS(unaligned_write, OpKind::kMemoryWrite, bytes)

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
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

void __real___tsan_atomic_thread_fence(int);
void __wrap___tsan_atomic_thread_fence(int order) {
  AtomicPoint(OpKind::kFence, Access::kNone, nullptr, 0);
  TAIL_CALL __real___tsan_atomic_thread_fence(order);
}
void __real___tsan_vptr_update(void**, void*);
void __wrap___tsan_vptr_update(void** a, void* v) {
  OnAccess(OpKind::kMemoryWrite, a, sizeof *a);
  TAIL_CALL __real___tsan_vptr_update(a, v);
}
void __real___tsan_vptr_read(void**);
void __wrap___tsan_vptr_read(void** a) {
  OnAccess(OpKind::kMemoryRead, a, sizeof *a);
  TAIL_CALL __real___tsan_vptr_read(a);
}
void* __real___tsan_memcpy(void*, const void*, size_t) __attribute__((weak));
void* __wrap___tsan_memcpy(void* to, const void* from, size_t n) {
  OnAccess(OpKind::kMemoryRead, from, n);
  OnAccess(OpKind::kMemoryWrite, to, n);
  TAIL_CALL __real___tsan_memcpy(to, from, n);
}
void* __real___tsan_memmove(void*, const void*, size_t) __attribute__((weak));
void* __wrap___tsan_memmove(void* to, const void* from, size_t n) {
  OnAccess(OpKind::kMemoryRead, from, n);
  OnAccess(OpKind::kMemoryWrite, to, n);
  TAIL_CALL __real___tsan_memmove(to, from, n);
}
void* __real___tsan_memset(void*, int, size_t) __attribute__((weak));
void* __wrap___tsan_memset(void* to, int byte, size_t n) {
  OnAccess(OpKind::kMemoryWrite, to, n);
  TAIL_CALL __real___tsan_memset(to, byte, n);
}
}  // extern "C"

#endif  // HEDDLE_FLAVOUR_TSAN
