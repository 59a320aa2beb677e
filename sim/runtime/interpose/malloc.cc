// malloc and its like (POSIX.1-2017, malloc(3), posix_memalign(3)): a point, then the allocator
// (allocator.h). A fault makes one fail (ENOMEM); a realloc that fails leaves what is there. See
// allocation.h.
//
// Departs from the standard: memalign and aligned_alloc do not check their alignment, the allocator
// behind them does. Not taken over: mmap.
#include <malloc.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/tsan_reports.h"
#include "sim/runtime/interpose/allocation.h"
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/tsan_threads.h"

namespace heddle::sim::runtime {
namespace {

constexpr size_t kPageSize = 4096;

// For malloc and its like.
bool PointMalloc(const void* caller) {
  if (__builtin_expect(PointAllocate(caller), 1)) return true;
  errno = ENOMEM;
  return false;
}

// False: it is to fail, and what is there stays.
bool PointReallocate(void* memory, size_t size, const void* caller) {
  Thread* self = tls_self;
  const bool fails = self != nullptr && size != 0 && !FromSystem(caller) &&
                     FaultComes(self, FaultKind::kAllocation);
  if (__builtin_expect(fails, 0)) {
    self->caller = caller;
    AtPoint(self, OpKind::kAllocate, Access::kNone, nullptr);
    errno = ENOMEM;
    return false;
  }
  PointFree(memory, caller);
  return true;
}

}  // namespace

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// Calls of libc and of the loader are no points. They reach the sanitizer by a jump, so that it
// sees who called: LeakSanitizer takes what the loader allocates for no leak.
#define FORWARD_SYSTEM_CALL(name, ...)                                     \
  if (heddle_interceptor_##name != nullptr && FromSystem(HEDDLE_CALLER)) { \
    if (ReportsStack()) return __libc_##name(__VA_ARGS__);                 \
    [[clang::musttail]] return heddle_interceptor_##name(__VA_ARGS__);     \
  }

INTERPOSE(void*, malloc, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size);
  if (InMakesThread()) {
    if (void* block = AllocateForThread(size); block != nullptr) return block;
  }
  FORWARD_SYSTEM_CALL(malloc, size);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMalloc(size);
}

INTERPOSE(void*, calloc, size_t count, size_t size) {
  if (tls_in_arena) {
    void* memory = ArenaAllocate(count * size);
    memset(memory, 0, count * size);
    return memory;
  }
  if (InMakesThread()) {
    if (void* block = AllocateForThread(count * size); block != nullptr) return block;
  }
  FORWARD_SYSTEM_CALL(calloc, count, size);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealCalloc(count, size);
}

INTERPOSE(void*, realloc, void* memory, size_t size) {
  if (tls_in_arena || ArenaOwns(memory)) {
    void* bigger = ArenaAllocate(size);
    if (memory != nullptr) {
      const size_t old = ArenaSizeOf(memory);
      memcpy(bigger, memory, old < size ? old : size);
      ArenaFree(memory);
    }
    return bigger;
  }
  if (IsForThread(memory)) return ReallocateForThread(memory, size);
  FORWARD_SYSTEM_CALL(realloc, memory, size);
  if (memory == nullptr) {
    if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  } else if (!PointReallocate(memory, size, HEDDLE_CALLER)) {
    return nullptr;
  }
  Uncontrolled scope;
  return RealRealloc(memory, size);
}

INTERPOSE(void, free, void* memory) {
  if (ArenaOwns(memory)) return ArenaFree(memory);
  if (ReportsStack()) return __libc_free(memory);
  if (IsForThread(memory)) return FreeForThread(memory);
  PointFree(memory, HEDDLE_CALLER);
  Uncontrolled scope;
  RealFree(memory);
}

INTERPOSE(void*, memalign, size_t alignment, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size, alignment);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(alignment, size);
}

INTERPOSE(void*, aligned_alloc, size_t alignment, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size, alignment);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(alignment, size);
}

INTERPOSE(void*, valloc, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size, kPageSize);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(kPageSize, size);
}

INTERPOSE(void*, pvalloc, size_t size) {
  const size_t pages = (size + kPageSize - 1) / kPageSize * kPageSize;
  if (tls_in_arena) return ArenaAllocate(pages, kPageSize);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(kPageSize, pages);
}

INTERPOSE(int, posix_memalign, void** memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  if (tls_in_arena) {
    *memory = ArenaAllocate(size, alignment);
    return 0;
  }
  if (!PointAllocate(HEDDLE_CALLER)) return ENOMEM;
  Uncontrolled scope;
  void* result = RealMemalign(alignment, size);
  if (result == nullptr) return ENOMEM;
  *memory = result;
  return 0;
}

INTERPOSE(void*, reallocarray, void* memory, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return heddle_realloc(memory, bytes);
}

INTERPOSE(size_t, malloc_usable_size, void* memory) {
  if (ArenaOwns(memory)) return ArenaSizeOf(memory);
  Uncontrolled scope;
  return UsableSize(memory);
}
