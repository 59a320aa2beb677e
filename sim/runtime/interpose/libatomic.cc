// Atomics that the compiler leaves to libatomic (GCC's libatomic; LLVM's "Atomic Instructions and
// Concurrency Guide", section Libcalls): those of 16 bytes without -mcx16, and structures of any
// size. Those of a size that an instruction handles are done as instrumented code does them, so
// that ThreadSanitizer knows them as atomics. All others are a point, then libatomic's own
// function, whose lock and copies the sanitizers see.
//
// Not taken over: __atomic_*_1 to _8, which clang calls for misaligned objects only, and
// __atomic_OPERATION_fetch_16, which it does not call.
#include <cstdint>

#include "sim/runtime/interpose/instrumented.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(__atomic_load, void, size_t, const void*, void*, int)
HEDDLE_REAL(__atomic_store, void, size_t, void*, const void*, int)
HEDDLE_REAL(__atomic_exchange, void, size_t, void*, const void*, void*, int)
HEDDLE_REAL(__atomic_compare_exchange, bool, size_t, void*, void*, const void*, int, int)

// The compiler's calls: instrumented.cc, or instrumented_tsan.cc in front of ThreadSanitizer's.
#define DECLARE_ATOMICS(bits)                                              \
  a##bits __tsan_atomic##bits##_load(const volatile a##bits*, int);        \
  void __tsan_atomic##bits##_store(volatile a##bits*, a##bits, int);       \
  a##bits __tsan_atomic##bits##_exchange(volatile a##bits*, a##bits, int); \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile a##bits*, a##bits*, a##bits, int, int);
#define DECLARE_FETCH(operation) a128 __tsan_atomic128_fetch_##operation(volatile a128*, a128, int);

using namespace heddle::sim;           // NOLINT: the functions below are libatomic's names
using namespace heddle::sim::runtime;  // NOLINT

extern "C" {
DECLARE_ATOMICS(8)
DECLARE_ATOMICS(16)
DECLARE_ATOMICS(32)
DECLARE_ATOMICS(64)
DECLARE_ATOMICS(128)
DECLARE_FETCH(add)
DECLARE_FETCH(sub)
DECLARE_FETCH(and)
DECLARE_FETCH(or)
DECLARE_FETCH(xor)
DECLARE_FETCH(nand)
}

namespace heddle::sim::runtime {
namespace {

// Whether an instruction handles it.
bool IsPlain(size_t size, const volatile void* object) {
  return (size == 1 || size == 2 || size == 4 || size == 8 || size == 16) &&
         reinterpret_cast<uintptr_t>(object) % size == 0;
}

// Calls function(a ## bits {}), whose argument has the type for `size`.
template <typename Function>
auto WithType(size_t size, Function function) {
  switch (size) {
    case 1:
      return function(a8{});
    case 2:
      return function(a16{});
    case 4:
      return function(a32{});
    case 8:
      return function(a64{});
    default:
      return function(a128{});
  }
}

// The same operations by type.
#define OVERLOADS(bits)                                                                       \
  a##bits Load(const volatile a##bits* object, int order) {                                   \
    return __tsan_atomic##bits##_load(object, order);                                         \
  }                                                                                           \
  void Store(volatile a##bits* object, a##bits value, int order) {                            \
    __tsan_atomic##bits##_store(object, value, order);                                        \
  }                                                                                           \
  a##bits Exchange(volatile a##bits* object, a##bits value, int order) {                      \
    return __tsan_atomic##bits##_exchange(object, value, order);                              \
  }                                                                                           \
  bool CompareExchange(volatile a##bits* object, a##bits* expected, a##bits value, int order, \
                       int failure) {                                                         \
    return __tsan_atomic##bits##_compare_exchange_strong(object, expected, value, order,      \
                                                         failure) != 0;                       \
  }
OVERLOADS(8)
OVERLOADS(16)
OVERLOADS(32)
OVERLOADS(64)
OVERLOADS(128)

// In front of one that libatomic does.
void LargePoint(OpKind kind, Access access, const void* object, size_t size, Thread* self) {
  if (self == nullptr) return;
  AtPoint(self, kind, access, object, static_cast<uint32_t>(size));
  if (kernel.request.weak) WeakWhole(self, object, size);
}

template <typename T>
T Read(const void* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <typename T>
void Write(void* to, T value) {
  __builtin_memcpy(to, &value, sizeof value);
}

}  // namespace
}  // namespace heddle::sim::runtime

INTERPOSE(void, __atomic_load, size_t size, const void* object, void* into, int order) {
  if (IsPlain(size, object)) {
    return WithType(size, [&](auto type) {
      using T = decltype(type);
      Write<T>(into, Load(static_cast<const volatile T*>(object), order));
    });
  }
  LargePoint(OpKind::kAtomicLoad, Access::kRead, object, size, HEDDLE_SELF);
  CallReal([&] { REAL(__atomic_load)(size, object, into, order); });
}

INTERPOSE(void, __atomic_store, size_t size, void* object, const void* from, int order) {
  if (IsPlain(size, object)) {
    return WithType(size, [&](auto type) {
      using T = decltype(type);
      Store(static_cast<volatile T*>(object), Read<T>(from), order);
    });
  }
  LargePoint(OpKind::kAtomicStore, Access::kWrite, object, size, HEDDLE_SELF);
  CallReal([&] { REAL(__atomic_store)(size, object, from, order); });
}

INTERPOSE(void, __atomic_exchange, size_t size, void* object, const void* from, void* into,
          int order) {
  if (IsPlain(size, object)) {
    return WithType(size, [&](auto type) {
      using T = decltype(type);
      Write<T>(into, Exchange(static_cast<volatile T*>(object), Read<T>(from), order));
    });
  }
  LargePoint(OpKind::kAtomicRmw, Access::kWrite, object, size, HEDDLE_SELF);
  CallReal([&] { REAL(__atomic_exchange)(size, object, from, into, order); });
}

INTERPOSE(bool, __atomic_compare_exchange, size_t size, void* object, void* expected,
          const void* desired, int order, int failure) {
  if (IsPlain(size, object)) {
    return WithType(size, [&](auto type) {
      using T = decltype(type);
      T seen = Read<T>(expected);
      const bool done = CompareExchange(static_cast<volatile T*>(object), &seen, Read<T>(desired),
                                        order, failure);
      if (!done) Write<T>(expected, seen);
      return done;
    });
  }
  Thread* self = HEDDLE_SELF;
  LargePoint(OpKind::kAtomicRmw, Access::kWrite, object, size, self);
  const bool done = CallReal([&] {
    return REAL(__atomic_compare_exchange)(size, object, expected, desired, order, failure);
  });
  if (!done) AtomicRead(self);
  return done;
}

INTERPOSE(a128, __atomic_load_16, const volatile void* object, int order) {
  return Load(static_cast<const volatile a128*>(object), order);
}

INTERPOSE(void, __atomic_store_16, volatile void* object, a128 value, int order) {
  Store(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_exchange_16, volatile void* object, a128 value, int order) {
  return Exchange(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(bool, __atomic_compare_exchange_16, volatile void* object, void* expected, a128 value,
          int order, int failure) {
  return CompareExchange(static_cast<volatile a128*>(object), static_cast<a128*>(expected), value,
                         order, failure);
}

INTERPOSE(a128, __atomic_fetch_add_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_add(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_fetch_sub_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_sub(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_fetch_and_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_and(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_fetch_or_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_or(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_fetch_xor_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_xor(static_cast<volatile a128*>(object), value, order);
}

INTERPOSE(a128, __atomic_fetch_nand_16, volatile void* object, a128 value, int order) {
  return __tsan_atomic128_fetch_nand(static_cast<volatile a128*>(object), value, order);
}
