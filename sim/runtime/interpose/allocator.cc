#include "sim/runtime/interpose/allocator.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/runtime/core/heap.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/allocator_library.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/libc_blocks.h"

extern "C" {
// Of the sanitizers' common interface.
int __sanitizer_get_ownership(const volatile void*);
size_t __sanitizer_get_allocated_size(const volatile void*);
}

HEDDLE_REAL(malloc, void*, size_t)
HEDDLE_REAL(calloc, void*, size_t, size_t)
HEDDLE_REAL(realloc, void*, void*, size_t)
HEDDLE_REAL(free, void, void*)
HEDDLE_REAL(memalign, void*, size_t, size_t)
HEDDLE_REAL(malloc_usable_size, size_t, void*)

namespace heddle::sim::runtime {

alignas(kHotPage) constinit Heap heap;

namespace {

constexpr bool kOwnHeap = kIsDet;

bool Has(const void* interceptor) { return interceptor != nullptr; }

// Blocks that libc handed out before the process knew that it is supervised, or for an OwnLookup.
constexpr int kMostEarly = 128;
constinit void* early[kMostEarly] = {};
constinit int early_count = 0;
constinit thread_local int own_lookups = 0;

bool UsesHeap() { return kOwnHeap && Supervised(); }
bool AllocatesFromHeap() { return UsesHeap() && (own_lookups == 0 || early_count == kMostEarly); }

// By the rules of older schedules a use of freed memory is no finding of its own.
bool FreedUsesAreFindings() {
  constexpr uint32_t kFirstWithFreedUses = 7;  // of the rules
  return kernel.request.rules >= kFirstWithFreedUses;
}

void* Early(void* memory) {
  if (kOwnHeap && early_count < kMostEarly) early[early_count++] = memory;
  return memory;
}

bool IsEarly(const void* memory) {
  return std::find(early, early + early_count, memory) != early + early_count;
}

// The next malloc_usable_size() is an allocator library's where there is one.
size_t EarlySize(void* memory) {
  return FindAllocatorLibrary() != nullptr ? LibcBlockSize(memory)
                                           : LIBC(malloc_usable_size)(memory);
}

// The allocator library, where blocks come from it: in det, free of a supervisor.
const AllocatorLibrary* LibraryInUse() {
  return kOwnHeap && !Supervised() ? FindAllocatorLibrary() : nullptr;
}

FreedBy ThisThread() {
  FreedBy by;
  if (const Thread* current = kernel.threads.current; current != nullptr) {
    by.thread = current->number;
    CaptureCallers(current, by.pcs, kMaxPlaceFrames);
  }
  return by;
}

// The finding that follows is about a block that was freed: it tells who did.
void TellWhoFreed(const void* address) {
  const FreedBy by = heap.WhoFreed(address);
  AddToNextFinding(by.pcs, "thread %u freed 0x%lx", by.thread,
                   reinterpret_cast<unsigned long>(address));
}

// Fails() with the stacks of all threads, on behalf of the thread that has control.
[[noreturn]] void Misused(HeapFault fault, const void* block) {
  if (fault != HeapFault::kNoBlock) TellWhoFreed(block);
  switch (fault) {
    case HeapFault::kDoubleFree:
      Fail(FailureKind::kHeap, "double-free: %p is free already", block);
    case HeapFault::kNoBlock:
      Fail(FailureKind::kHeap, "bad-free: %p is not the address of a block of the heap", block);
    default:
      Fail(FailureKind::kHeap, "write-after-free: %p was written to after it was freed", block);
  }
}

void* HeapAllocate(size_t size, size_t alignment) {
  HeapFault fault;
  void* block = heap.Allocate(size, alignment, &fault);
  if (fault != HeapFault::kNone) Misused(fault, block);
  if (block == nullptr) errno = ENOMEM;
  return block;
}

// Who has a block. What nobody has is the heap's to object to.
enum class Owner : uint8_t { kHeap, kEarly, kLibrary };
Owner OwnerOf(const void* memory) {
  if (heap.Owns(memory)) return Owner::kHeap;
  if (IsEarly(memory)) return Owner::kEarly;
  return MayBeOfAllocatorLibrary(memory) ? Owner::kLibrary : Owner::kHeap;
}

void HeapFree(void* memory) {
  const Owner owner = OwnerOf(memory);
  if (owner == Owner::kEarly) return;  // libc's; too few to be missed
  if (owner == Owner::kLibrary) return FindAllocatorLibrary()->free(memory);
  const HeapFault fault = heap.Free(memory, ThisThread());
  if (fault != HeapFault::kNone) Misused(fault, memory);
}

void* HeapReallocate(void* memory, size_t size) {
  if (memory == nullptr) return HeapAllocate(size, 16);
  if (size == 0) {
    HeapFree(memory);
    return nullptr;
  }
  const Owner owner = OwnerOf(memory);
  if (owner == Owner::kLibrary) return FindAllocatorLibrary()->realloc(memory, size);
  const bool is_early = owner == Owner::kEarly;
  const HeapFault fault = is_early ? HeapFault::kNone : heap.CheckFree(memory);
  if (fault != HeapFault::kNone) Misused(fault, memory);
  const size_t old = is_early ? EarlySize(memory) : heap.SizeOf(memory);
  void* const block = HeapAllocate(size, 16);
  if (block == nullptr) return nullptr;
  memcpy(block, memory, std::min(old, size));
  HeapFree(memory);
  return block;
}

}  // namespace

void* RealMalloc(size_t size) {
  if (AllocatesFromHeap()) return HeapAllocate(size, 16);
  if (const AllocatorLibrary* library = LibraryInUse()) return library->malloc(size);
  return Has(reinterpret_cast<void*>(heddle_interceptor_malloc)) ? heddle_interceptor_malloc(size)
                                                                 : Early(__libc_malloc(size));
}

void* RealCalloc(size_t count, size_t size) {
  if (AllocatesFromHeap()) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
      errno = ENOMEM;
      return nullptr;
    }
    void* const block = HeapAllocate(bytes, 16);
    if (block != nullptr) memset(block, 0, bytes);
    return block;
  }
  if (const AllocatorLibrary* library = LibraryInUse()) return library->calloc(count, size);
  return Has(reinterpret_cast<void*>(heddle_interceptor_calloc))
             ? heddle_interceptor_calloc(count, size)
             : Early(__libc_calloc(count, size));
}

void* RealRealloc(void* memory, size_t size) {
  if (UsesHeap()) return HeapReallocate(memory, size);
  if (const AllocatorLibrary* library = LibraryInUse()) return library->realloc(memory, size);
  return Has(reinterpret_cast<void*>(heddle_interceptor_realloc))
             ? heddle_interceptor_realloc(memory, size)
             : Early(__libc_realloc(memory, size));
}

// ThreadSanitizer has no memalign of its own on Linux; its aligned operator new is used for it.
void* RealMemalign(size_t alignment, size_t size) {
  if (UsesHeap()) {
    if ((alignment & (alignment - 1)) != 0) {
      errno = EINVAL;
      return nullptr;
    }
    return HeapAllocate(size, std::max<size_t>(alignment, 16));
  }
  if (Has(reinterpret_cast<void*>(heddle_interceptor_memalign))) {
    return heddle_interceptor_memalign(alignment, size);
  }
  if (const AllocatorLibrary* library = LibraryInUse()) return library->memalign(alignment, size);
  return Early(__libc_memalign(alignment, size));
}

void RealFree(void* memory) {
  if (UsesHeap()) {
    if (memory != nullptr) HeapFree(memory);
  } else if (Has(reinterpret_cast<void*>(heddle_interceptor_free))) {
    heddle_interceptor_free(memory);
  } else if (const AllocatorLibrary* library = LibraryInUse()) {
    library->free(memory);
  } else {
    __libc_free(memory);
  }
}

size_t UsableSize(void* memory) {
  if (UsesHeap() && heap.Owns(memory)) return heap.SizeOf(memory);
  if (Has(reinterpret_cast<void*>(heddle_interceptor_malloc_usable_size))) {
    return heddle_interceptor_malloc_usable_size(memory);
  }
  if (UsesHeap() && IsEarly(memory)) return EarlySize(memory);
  return LIBC(malloc_usable_size)(memory);
}

bool ServesNew(const void* real) { return kOwnHeap && Supervised() && IsOfAllocatorLibrary(real); }

size_t BlockSize(const void* memory) {
  if (UsesHeap()) return heap.SizeOf(memory);
#if defined(HEDDLE_FLAVOUR_DET)
  return LibcBlockSize(memory);
#else
  return __sanitizer_get_ownership(memory) != 0 ? __sanitizer_get_allocated_size(memory) : 0;
#endif
}

size_t SizeToFree(void* memory) {
#if defined(HEDDLE_FLAVOUR_DET)
  if (!UsesHeap()) return UsableSize(memory);
#endif
  return BlockSize(memory);
}

void PrepareHeap() {
  if (UsesHeap()) heap.Prepare();
  // AddressSanitizer maps a part of each size's range when the first block of that size is wanted.
  constexpr size_t kHeader = 16, kMedium = 256, kLargest = 1024;
  for (size_t size = 2 * kHeader; kIsAsan && size <= kLargest;
       size += size < kMedium ? kHeader : size / 4) {
    RealFree(RealMalloc(size - kHeader));
  }
}

OwnLookup::OwnLookup() { ++own_lookups; }
OwnLookup::~OwnLookup() { --own_lookups; }

void CheckNotFreed(const void* object, const char* operation, const char* type) {
  if (!UsesHeap() || !FreedUsesAreFindings() || !heap.IsFreed(object)) return;
  TellWhoFreed(object);
  Fail(FailureKind::kHeap, "heap-use-after-free: %s of the %s at %p, in a block that was freed",
       operation, type, object);
}

void FreedAccess(const volatile void* address, size_t size, const char* what) {
  if (size == 0 || tls_self == nullptr || !FreedUsesAreFindings()) return;
  TellWhoFreed(const_cast<const void*>(address));
  Fail(FailureKind::kHeap, "heap-use-after-free: %s of size %zu at %p, in a block that was freed",
       what, size, const_cast<const void*>(address));
}

void CheckFreedBlocks() {
  if (!UsesHeap()) return;
  if (const void* block = heap.FindWriteAfterFree()) Misused(HeapFault::kWriteAfterFree, block);
}

}  // namespace heddle::sim::runtime
