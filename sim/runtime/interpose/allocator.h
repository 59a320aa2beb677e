// The allocator behind malloc and its like: AddressSanitizer's and ThreadSanitizer's own in those
// flavours, the kernel's in det (core/heap.h), libc's in a process that runs free.
//
// No function here is a point. Thread rule: any thread.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>

#include "sim/runtime/core/heap.h"

extern "C" {
// glibc's own, under names nobody interposes.
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
// The sanitizers' own functions; null in det.
__attribute__((weak)) void* heddle_interceptor_malloc(size_t) __asm__("__interceptor_malloc");
__attribute__((weak)) void* heddle_interceptor_calloc(size_t,
                                                      size_t) __asm__("__interceptor_calloc");
__attribute__((weak)) void* heddle_interceptor_realloc(void*,
                                                       size_t) __asm__("__interceptor_realloc");
}

namespace heddle::sim::runtime {

// As malloc, calloc, realloc, memalign and free: null when there is no memory. In a process that a
// supervisor started, misuse of a block ends the execution with a finding: by the sanitizer, in det
// by the kernel.
void* RealMalloc(size_t size);
void* RealCalloc(size_t count, size_t size);
void* RealRealloc(void* memory, size_t size);
void* RealMemalign(size_t alignment, size_t size);
void RealFree(void* memory);

// Whether the functions above serve operator new and delete too, whose `real` one is an allocator
// library's (allocator_library.h).
bool ServesNew(const void* real);

// While one lives, this thread's blocks come from libc's own allocator in det: the message of a
// lookup that fails is as long as the program's path, and would move the blocks behind it.
class OwnLookup {
 public:
  OwnLookup();
  ~OwnLookup();
  OwnLookup(const OwnLookup&) = delete;
  OwnLookup& operator=(const OwnLookup&) = delete;
};

// What malloc_usable_size() answers. A pointer that is no live block is the program's mistake.
size_t UsableSize(void* memory);
// The same for any pointer: 0 when it is no live block, and nothing is reported.
size_t BlockSize(const void* memory);
// The same for a pointer that the program frees. Where libc has the blocks (in det, in Run()) it is
// asked, which may crash for no live block, as free() does: BlockSize() takes microseconds there.
size_t SizeToFree(void* memory);

// For the `operation` ("unlock") on a mutex or its like, whose `type` this is ("mutex"): one in a
// block that was freed is a finding, in det. The sanitizers see it by themselves.
void CheckNotFreed(const void* object, const char* operation, const char* type);

// For CheckAccess() alone: the heap of det, and what it tells.
extern Heap heap;
void FreedAccess(const volatile void* address, size_t size, const char* what);
// The same for an access of the running thread, "read" or "atomic write".
inline void CheckAccess(const volatile void* address, size_t size, const char* what) {
  if (__builtin_expect(heap.SeemsFreed(address), false)) FreedAccess(address, size, what);
}

// Before the first execution in det and asan: small blocks need no system call.
void PrepareHeap();

// At the end of an execution in det: a freed block that was written to is a finding.
void CheckFreedBlocks();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_H_
