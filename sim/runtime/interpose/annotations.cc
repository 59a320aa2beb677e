// __tsan_acquire() and __tsan_release() of programs (sanitizer/tsan_interface.h): annotations of an
// order that ThreadSanitizer cannot see. Zig's std compiles its fences to them. They are no points.
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

void Annotated(int order) {
  if (IsWeak() && kernel.request.rules >= kFirstWithAnnotations) WeakFence(tls_self, order);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are ThreadSanitizer's names

extern "C" {
#if defined(HEDDLE_FLAVOUR_TSAN)
void __real___tsan_acquire(void*);
void __real___tsan_release(void*);
void __wrap___tsan_acquire(void* address) {
  Annotated(__ATOMIC_ACQUIRE);
  [[clang::musttail]] return __real___tsan_acquire(address);
}
void __wrap___tsan_release(void* address) {
  Annotated(__ATOMIC_RELEASE);
  [[clang::musttail]] return __real___tsan_release(address);
}
#else
// Weak: a program that brings them itself keeps them.
__attribute__((weak, used)) void __tsan_acquire(void*) { Annotated(__ATOMIC_ACQUIRE); }
__attribute__((weak, used)) void __tsan_release(void*) { Annotated(__ATOMIC_RELEASE); }
#endif
}
