// __tsan_acquire() and __tsan_release() of programs (sanitizer/tsan_interface.h), and the older
// AnnotateHappensAfter() and AnnotateHappensBefore(): annotations of an order that ThreadSanitizer
// cannot see. Zig's std compiles its fences to the first two. They are no points.
//
// Under a weak memory model ThreadSanitizer sees the program's atomics as relaxed operations
// (core/weak_tokens.h), and the annotated address holds nothing that they released; nor does the
// model know of the order. So there they are an acquire and a release fence: what was read or is
// stored by relaxed operations, at any address, takes part, which is never less than what is
// annotated.
#include "sim/runtime/interpose/instrumented.h"

namespace heddle::sim::runtime {
namespace {

constexpr uint32_t kFirstWithAnnotations = 6;  // of the rules
constexpr uint32_t kFirstWithHappensBefore = 7;

void Annotated(int order, uint32_t first_rules) {
  if (IsWeak() && kernel.request.rules >= first_rules) WeakFence(tls_self, order);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are ThreadSanitizer's names

#if defined(HEDDLE_FLAVOUR_TSAN)
#define ANNOTATION(name, parameters, arguments, order, first_rules) \
  void __real_##name parameters;                                    \
  void __wrap_##name parameters {                                   \
    Annotated(order, first_rules);                                  \
    [[clang::musttail]] return __real_##name arguments;             \
  }
#else
// Weak: a program that brings them itself keeps them.
#define ANNOTATION(name, parameters, arguments, order, first_rules) \
  __attribute__((weak, used)) void name parameters { Annotated(order, first_rules); }
#endif
#define PLACED_ANNOTATION(name, order)                                      \
  ANNOTATION(name,                                                          \
             ([[maybe_unused]] const char* file, [[maybe_unused]] int line, \
              [[maybe_unused]] const volatile void* address),               \
             (file, line, address), order, kFirstWithHappensBefore)

extern "C" {
ANNOTATION(__tsan_acquire, ([[maybe_unused]] void* address), (address), __ATOMIC_ACQUIRE,
           kFirstWithAnnotations)
ANNOTATION(__tsan_release, ([[maybe_unused]] void* address), (address), __ATOMIC_RELEASE,
           kFirstWithAnnotations)
PLACED_ANNOTATION(AnnotateHappensAfter, __ATOMIC_ACQUIRE)
PLACED_ANNOTATION(AnnotateHappensBefore, __ATOMIC_RELEASE)
PLACED_ANNOTATION(WTFAnnotateHappensAfter, __ATOMIC_ACQUIRE)
PLACED_ANNOTATION(WTFAnnotateHappensBefore, __ATOMIC_RELEASE)
}
