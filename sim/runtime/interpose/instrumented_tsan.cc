// The compiler's calls in tsan: -Wl,--wrap puts the point in front of ThreadSanitizer's own
// function, which is left by a tail call so that it sees its real caller in reports.
//
// Under a weak memory model ThreadSanitizer sees relaxed operations, and learns what synchronises
// from the model (weak_tokens.h). A release comes after the store that carries it, so there is no
// tail call: the program's call goes on ThreadSanitizer's own stack instead. Accesses of 16 bytes
// keep the program's orders. Otherwise ThreadSanitizer sees the program's orders, and those of its
// fences (tsan_fences.h).
#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/interpose/instrumented.h"
#include "sim/runtime/interpose/tsan_fences.h"

using namespace heddle::sim;           // NOLINT: the functions below are the compiler's names
using namespace heddle::sim::runtime;  // NOLINT

extern "C" {
void __tsan_func_entry(void* caller);
void __tsan_func_exit();
}

namespace heddle::sim::runtime {
namespace {

// The program's call, for reports of what is not left by a tail call.
class Called {
 public:
  explicit Called(void* caller) { __tsan_func_entry(caller); }
  ~Called() { __tsan_func_exit(); }
};

}  // namespace
}  // namespace heddle::sim::runtime

#define TAIL_CALL [[clang::musttail]] return
#define CALLED const Called called(__builtin_return_address(0))
#define TSAN_ORDER(bits, order) ((bits) == 128 ? (order) : __ATOMIC_RELAXED)

// A compare-exchange that will fail is only a read. Nothing runs between this look and the real
// one.
#define WILL_FAIL(bits, a, expected) \
  if (__atomic_load_n(a, __ATOMIC_RELAXED) != (expected)) AtomicRead(tls_self)

// An update that is not the newest is shown to ThreadSanitizer where it is done, on the word, which
// then gets the newest value back.
#define FETCH(bits, operation, builtin)                                                         \
  a##bits __real___tsan_atomic##bits##_##operation(volatile a##bits*, a##bits, int);            \
  a##bits __wrap___tsan_atomic##bits##_##operation(volatile a##bits* a, a##bits v, int order) { \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                               \
    if (IsWeak()) {                                                                             \
      CALLED;                                                                                   \
      const int used = OrderOf(order, __builtin_return_address(0));                             \
      a##bits cell;                                                                             \
      const a##bits newest = Newest(a);                                                         \
      const uint32_t place = WeakPlaceOf(a, &cell, used);                                       \
      a##bits before = __real___tsan_atomic##bits##_##operation(a, v, TSAN_ORDER(bits, order)); \
      if (place != 0) {                                                                         \
        __atomic_store_n(a, newest, __ATOMIC_RELAXED);                                          \
        before = builtin(&cell, v, __ATOMIC_RELAXED);                                           \
      }                                                                                         \
      WeakUpdateOf(place == 0 ? Newest(a) : cell, used, place);                                 \
      return before;                                                                            \
    }                                                                                           \
    const int shown = UpdateOrder(tls_self, a, order);                                          \
    TAIL_CALL __real___tsan_atomic##bits##_##operation(a, v, shown);                            \
  }
// LLVM makes a third form of every compare-exchange, with the result that was read. Under a weak
// memory model this is all of them. `caller`: of the compiler's function.
#define WEAKLY_EXCHANGE(bits)                                                                    \
  int __real___tsan_atomic##bits##_compare_exchange_strong(volatile a##bits*, a##bits*, a##bits, \
                                                           int, int);                            \
  static __attribute__((noinline)) int __wrap_weakly##bits##_exchange(                           \
      volatile a##bits* a, a##bits* c, a##bits v, int order, int failure, bool weak_form,        \
      void* caller) {                                                                            \
    const Called called(caller);                                                                 \
    const int used = OrderOf(order, caller);                                                     \
    const int used_failure = FailureOrderOf(order, used, failure);                               \
    const a##bits newest = Newest(a);                                                            \
    uint32_t place = 0;                                                                          \
    if (!WeakExpect(a, c, MayFail(weak_form, caller), used, used_failure, &place)) {             \
      AtomicRead(tls_self);                                                                      \
      __real___tsan_atomic##bits##_load(a, __ATOMIC_RELAXED);                                    \
      return 0;                                                                                  \
    }                                                                                            \
    if (place != 0) {                                                                            \
      __real___tsan_atomic##bits##_exchange(a, newest, __ATOMIC_RELAXED);                        \
    } else if (!__real___tsan_atomic##bits##_compare_exchange_strong(                            \
                   a, c, v, TSAN_ORDER(bits, order), TSAN_ORDER(bits, failure))) {               \
      AtomicRead(tls_self);                                                                      \
      return 0;                                                                                  \
    }                                                                                            \
    WeakUpdateOf(v, used, place);                                                                \
    return 1;                                                                                    \
  }
#define EXCHANGE(bits, form)                                                                     \
  int __real___tsan_atomic##bits##_compare_exchange_##form(volatile a##bits*, a##bits*, a##bits, \
                                                           int, int);                            \
  int __wrap___tsan_atomic##bits##_compare_exchange_##form(volatile a##bits* a, a##bits* c,      \
                                                           a##bits v, int order, int failure) {  \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                \
    if (IsWeak()) {                                                                              \
      return __wrap_weakly##bits##_exchange(a, c, v, order, failure, kMayFail_##form,            \
                                            __builtin_return_address(0));                        \
    }                                                                                            \
    WILL_FAIL(bits, a, *c);                                                                      \
    const int shown = UpdateOrder(tls_self, a, order);                                           \
    TAIL_CALL __real___tsan_atomic##bits##_compare_exchange_##form(a, c, v, shown, failure);     \
  }
#define ATOMICS(bits)                                                                              \
  a##bits __real___tsan_atomic##bits##_load(const volatile a##bits*, int);                         \
  a##bits __wrap___tsan_atomic##bits##_load(const volatile a##bits* a, int order) {                \
    AtomicPoint(OpKind::kAtomicLoad, Access::kRead, a, bits / 8);                                  \
    if (IsWeak()) {                                                                                \
      CALLED;                                                                                      \
      const a##bits value = WeakLoadOf(a, Newest(a), OrderOf(order, __builtin_return_address(0))); \
      __real___tsan_atomic##bits##_load(a, TSAN_ORDER(bits, order));                               \
      return value;                                                                                \
    }                                                                                              \
    NoteRead(tls_self, a, order);                                                                  \
    TAIL_CALL __real___tsan_atomic##bits##_load(a, order);                                         \
  }                                                                                                \
  void __real___tsan_atomic##bits##_store(volatile a##bits*, a##bits, int);                        \
  void __wrap___tsan_atomic##bits##_store(volatile a##bits* a, a##bits v, int order) {             \
    AtomicPoint(OpKind::kAtomicStore, Access::kWrite, a, bits / 8);                                \
    if (IsWeak()) {                                                                                \
      CALLED;                                                                                      \
      const int used = OrderOf(order, __builtin_return_address(0));                                \
      const a##bits before = Newest(a);                                                            \
      __real___tsan_atomic##bits##_store(a, v, TSAN_ORDER(bits, order));                           \
      if (!WeakStoreOf(a, before, v, used)) __atomic_store_n(a, before, __ATOMIC_RELAXED);         \
      return;                                                                                      \
    }                                                                                              \
    TAIL_CALL __real___tsan_atomic##bits##_store(a, v, StoreOrder(tls_self, order));               \
  }                                                                                                \
  FETCH(bits, exchange, __atomic_exchange_n)                                                       \
  FETCH(bits, fetch_add, __atomic_fetch_add)                                                       \
  FETCH(bits, fetch_sub, __atomic_fetch_sub)                                                       \
  FETCH(bits, fetch_and, __atomic_fetch_and)                                                       \
  FETCH(bits, fetch_or, __atomic_fetch_or)                                                         \
  FETCH(bits, fetch_xor, __atomic_fetch_xor)                                                       \
  FETCH(bits, fetch_nand, __atomic_fetch_nand)                                                     \
  WEAKLY_EXCHANGE(bits)                                                                            \
  EXCHANGE(bits, strong)                                                                           \
  EXCHANGE(bits, weak)                                                                             \
  a##bits __real___tsan_atomic##bits##_compare_exchange_val(volatile a##bits*, a##bits, a##bits,   \
                                                            int, int);                             \
  a##bits __wrap___tsan_atomic##bits##_compare_exchange_val(volatile a##bits* a, a##bits c,        \
                                                            a##bits v, int order, int failure) {   \
    AtomicPoint(OpKind::kAtomicRmw, Access::kWrite, a, bits / 8);                                  \
    if (IsWeak()) {                                                                                \
      __wrap_weakly##bits##_exchange(a, &c, v, order, failure, kMayFail_strong,                    \
                                     __builtin_return_address(0));                                 \
      return c;                                                                                    \
    }                                                                                              \
    WILL_FAIL(bits, a, c);                                                                         \
    const int shown = UpdateOrder(tls_self, a, order);                                             \
    TAIL_CALL __real___tsan_atomic##bits##_compare_exchange_val(a, c, v, shown, failure);          \
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
  if (IsWeak()) return WeakFence(tls_self, OrderOf(order, __builtin_return_address(0)));
  NoteFence(tls_self, order);
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
// What LLVM calls since 15, so Zig and newer rustc do. ThreadSanitizer 14 has none: there its
// interceptors of libc's own are the same.
void* __real_memcpy(void*, const void*, size_t);
void* __real_memmove(void*, const void*, size_t);
void* __real_memset(void*, int, size_t);
void* __real___tsan_memcpy(void*, const void*, size_t) __attribute__((weak));
void* __wrap___tsan_memcpy(void* to, const void* from, size_t n) {
  OnAccess(OpKind::kMemoryRead, from, n);
  OnAccess(OpKind::kMemoryWrite, to, n);
  if (__real___tsan_memcpy == nullptr) TAIL_CALL __real_memcpy(to, from, n);
  TAIL_CALL __real___tsan_memcpy(to, from, n);
}
void* __real___tsan_memmove(void*, const void*, size_t) __attribute__((weak));
void* __wrap___tsan_memmove(void* to, const void* from, size_t n) {
  OnAccess(OpKind::kMemoryRead, from, n);
  OnAccess(OpKind::kMemoryWrite, to, n);
  if (__real___tsan_memmove == nullptr) TAIL_CALL __real_memmove(to, from, n);
  TAIL_CALL __real___tsan_memmove(to, from, n);
}
void* __real___tsan_memset(void*, int, size_t) __attribute__((weak));
void* __wrap___tsan_memset(void* to, int byte, size_t n) {
  OnAccess(OpKind::kMemoryWrite, to, n);
  if (__real___tsan_memset == nullptr) TAIL_CALL __real_memset(to, byte, n);
  TAIL_CALL __real___tsan_memset(to, byte, n);
}
}  // extern "C"

#endif  // HEDDLE_FLAVOUR_TSAN
