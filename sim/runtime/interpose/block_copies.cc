// The C library's block operations: memcpy, memmove, memset (C17 7.24.2, 7.24.6). Compilers write
// them for copies of structures, and ThreadSanitizer's pass turns its own forms into them. With
// plain accesses as points, a copy is two: a read of its source, then a write of its target.
//
// By -Wl,--wrap, so only for calls from the program's own objects and static libraries. Left by a
// tail call, so that the sanitizers' interceptors, which check both sides, see the real caller.
//
// Not taken over: what libraries call, string functions, and the checked forms of
// _FORTIFY_SOURCE.
#include <cstddef>

#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/instrumented.h"

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

extern "C" {

void* __real_memcpy(void*, const void*, size_t);
void* __real_memmove(void*, const void*, size_t);
void* __real_memset(void*, int, size_t);

void* __wrap_memcpy(void* to, const void* from, size_t size) {
  OnAccess(OpKind::kMemoryRead, from, size);
  CheckAccess(from, size, "read");
  OnAccess(OpKind::kMemoryWrite, to, size);
  CheckAccess(to, size, "write");
  [[clang::musttail]] return __real_memcpy(to, from, size);
}

void* __wrap_memmove(void* to, const void* from, size_t size) {
  OnAccess(OpKind::kMemoryRead, from, size);
  CheckAccess(from, size, "read");
  OnAccess(OpKind::kMemoryWrite, to, size);
  CheckAccess(to, size, "write");
  [[clang::musttail]] return __real_memmove(to, from, size);
}

void* __wrap_memset(void* to, int byte, size_t size) {
  OnAccess(OpKind::kMemoryWrite, to, size);
  CheckAccess(to, size, "write");
  [[clang::musttail]] return __real_memset(to, byte, size);
}

}  // extern "C"
