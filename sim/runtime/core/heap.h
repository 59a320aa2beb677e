// The program's heap in det: the same addresses and the same contents in every execution of a
// schedule, and no misuse of a block goes unnoticed.
//
// libc's allocator cannot serve here: it writes a key that is random for each process into freed
// blocks, and it notices a second free only by chance. The sanitizers bring allocators of their
// own, so only det uses this one.
//
//  - Memory comes from one reserved range of addresses. Blocks of one size class share a span;
//    freed blocks are used again last in, first out, as in most allocators, so that a stale pointer
//    meets a new block (ABA) as it would outside.
//  - A fresh block holds kFreshByte, a freed one kFreedByte: what a program reads there is the same
//    each time, and a pointer read from there faults.
//  - A block that is freed twice, a pointer that is no block, and a write after free (seen when the
//    block is used again or when the execution ends) are told to the caller as a HeapFault.
//  - Blocks of more than kSmallBlock bytes have pages of their own, which are gone after free().
//
// Thread rule: any thread, signal handlers excluded. (Kernel threads that start or end allocate TLS
// beside the thread that has control; a spin lock of a few instructions keeps them apart.)
// Fork rule: plain process memory; each execution has its own copy.
#ifndef HEDDLE_SIM_RUNTIME_CORE_HEAP_H_
#define HEDDLE_SIM_RUNTIME_CORE_HEAP_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/limits.h"
#include "sim/runtime/core/own_mapping.h"

namespace heddle::sim::runtime {

// As AddressSanitizer fills fresh memory: the flavours agree.
inline constexpr unsigned char kFreshByte = 0xBE;
// Eight of them are an address that no x86-64 process can have.
inline constexpr unsigned char kFreedByte = 0xDF;
// Only so much of a block is filled and checked: what AddressSanitizer fills, and a bound on the
// cost of large buffers.
inline constexpr size_t kMostFilled = 4096;
// The largest block that shares its pages with others; the size of a span.
inline constexpr size_t kSmallBlock = 64 << 10;

enum class HeapFault : uint8_t {
  kNone,
  kDoubleFree,      // the block is free already
  kNoBlock,         // the pointer is not the beginning of a block
  kWriteAfterFree,  // a freed block no longer holds what free() left there
};
// "double-free", "bad-free", "write-after-free"; as sanitizers name them.
const char* HeapFaultName(HeapFault fault);

// Who freed a block, and where: return addresses, innermost first. Not known when the first is 0.
struct FreedBy {
  uint32_t thread = 0;  // its number
  uint64_t pcs[kMaxPlaceFrames] = {};
};

class Heap {
 public:
  // A block of at least `size` bytes, aligned to `alignment` (a power of two, at least 16); null
  // when the range of addresses is used up. `*fault` is kWriteAfterFree when the block was written
  // to since it was freed; it is handed out all the same.
  void* Allocate(size_t size, size_t alignment, HeapFault* fault);
  HeapFault Free(void* block, const FreedBy& by = {});
  // What Free() would say. Changes nothing.
  HeapFault CheckFree(const void* block) const;
  // Bytes that may be used of a live block; 0 for anything else.
  size_t SizeOf(const void* block) const;
  // Whether the address lies in a block that was freed.
  bool IsFreed(const void* address) const;
  // Who freed the block that `address` lies in, last; of the last kMostFreedBy blocks.
  FreedBy WhoFreed(const void* address) const;
  // The same, and no more than some nanoseconds when it does not. False may be wrong of an address
  // that was written to since.
  bool SeemsFreed(const volatile void* address) const {
    const void* at = const_cast<const void*>(address);
    if (!Owns(at)) return false;
    // Of small blocks. A large one that was freed has no pages, and what was never used neither.
    const bool has_pages = span_class_[SpanOf(at)] - 1u < kClasses;
    if (has_pages && *static_cast<const unsigned char*>(at) != kFreedByte) return false;
    return IsFreed(at);
  }
  // Whether the address is in the heap's range.
  bool Owns(const void* address) const {
    return begin_ != nullptr &&
           static_cast<size_t>(static_cast<const char*>(address) - begin_) < kRange;
  }
  // The first freed block that was written to, or null. Looks at all freed blocks: for the end of
  // an execution.
  const void* FindWriteAfterFree() const;
  // Before executions begin: maps what their first small blocks need.
  void Prepare();

 private:
  static constexpr size_t kRange = kHeapRange;  // addresses, not memory
  static constexpr size_t kSpan = kSmallBlock;  // a multiple of every page size
  static constexpr size_t kSpans = kRange / kSpan;
  static constexpr uint32_t kSpansAtOnce = 16;
  static constexpr size_t kUnit = 16;  // smallest block and alignment
  // The last span is not handed out: the number of each block's unit, + 1, has 32 bits.
  static_assert(kRange / kUnit - 1 <= UINT32_MAX);
  // Classes: 16 to 1,024 in steps of 16, then four to a doubling up to kSpan.
  static constexpr uint32_t kClasses = 64 + 6 * 4;
  static constexpr uint8_t kUnused = 0xFF, kLargeFirst = 0xFE, kLargeRest = 0xFD;

  enum class State : uint8_t { kNever = 0, kLive = 1, kFreed = 2 };

  class Lock;

  static uint32_t ClassOf(size_t size);
  static size_t SizeOfClass(uint32_t size_class);
  bool Reserve();
  uint32_t TakeSpans(size_t count);
  uint32_t TakeSmallSpan();
  void* AllocateSmall(uint32_t size_class, HeapFault* fault);
  void* AllocateLarge(size_t size, size_t alignment);
  void FreeLarge(uint32_t span);
  // Where a block that holds `address` begins, handed out or not; null when none can.
  const char* BlockAround(const void* address) const;
  // The size class of the block that begins at `block`, or kUnused when none can begin there.
  uint8_t ClassAt(const void* block) const;
  uint32_t SpanOf(const void* address) const {
    return static_cast<uint32_t>((static_cast<const char*>(address) - begin_) / kSpan);
  }
  // Of a unit that a block begins with. Beside the blocks, so that freed ones stay untouched.
  struct Unit {
    uint32_t next_free;  // of the class's stack: the number of the next one's unit, + 1; 0: none
    State state;
  };
  Unit& UnitOf(const void* block) const {
    return units_[(static_cast<const char*>(block) - begin_) / kUnit];
  }
  State& StateOf(const void* block) const { return UnitOf(block).state; }
  char* BlockOf(uint32_t next_free) const {
    return next_free == 0 ? nullptr : begin_ + (next_free - 1) * kUnit;
  }

  char* begin_ = nullptr;
  Unit* units_ = nullptr;
  uint8_t* span_class_ = nullptr;  // one for each span
  // Of a large block's first span: how many it has. Of each other: how far away the first one is.
  uint32_t* span_count_ = nullptr;
  uint32_t next_span_ = 0;                   // spans from here on were never used
  uint32_t small_next_ = 0, small_end_ = 0;  // of those, mapped already: for small blocks
  mutable bool locked_ = false;
  uint32_t frees_ = 0;
  struct SizeClass {
    uint32_t free = 0;      // a stack of freed blocks, as Unit::next_free
    char* fresh = nullptr;  // the never used rest of the class's newest span
    char* fresh_end = nullptr;
  };
  SizeClass classes_[kClasses] = {};
  uint32_t freed_end_ = 0;  // classes from here on never had a freed block
  // The last frees, as a ring: most uses of freed memory come soon, and an execution that goes on
  // without fork puts back each page that it wrote to.
  static constexpr uint32_t kMostFreedBy = 512;
  struct Freed {
    const void* block;
    FreedBy by;
  };
  Freed freed_[kMostFreedBy] = {};
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_HEAP_H_
