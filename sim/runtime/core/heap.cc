#include "sim/runtime/core/heap.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/own_mapping.h"

namespace heddle::sim::runtime {

namespace {

constexpr int kMapping = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

// Null: there is none.
template <typename T>
T* Mapped(long address) {
  return SystemCallFailed(address) ? nullptr : reinterpret_cast<T*>(address);
}

template <typename T>
T* Table(size_t count) {
  return Mapped<T>(MapOwn(count * sizeof(T), kMapping));
}

// Of addresses that are reserved.
bool Remap(void* where, size_t size, int protection) {
  return Mapped<char>(RawSyscall(SYS_mmap, reinterpret_cast<long>(where), static_cast<long>(size),
                                 protection, kMapping | MAP_FIXED, -1, 0)) != nullptr;
}

bool Holds(const void* block, size_t size, unsigned char byte) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  const size_t filled = std::min(size, kMostFilled);
  const uint64_t eight = byte * (~uint64_t{0} / 0xff);
  size_t at = 0;
  for (uint64_t word; at + sizeof word <= filled; at += sizeof word) {
    __builtin_memcpy(&word, bytes + at, sizeof word);
    if (word != eight) return false;
  }
  return std::all_of(bytes + at, bytes + filled,
                     [byte](unsigned char each) { return each == byte; });
}

void Fill(void* block, size_t size, unsigned char byte) {
  std::memset(block, byte, std::min(size, kMostFilled));
}

}  // namespace

const char* HeapFaultName(HeapFault fault) {
  switch (fault) {
    case HeapFault::kNone:
      return "none";
    case HeapFault::kDoubleFree:
      return "double-free";
    case HeapFault::kNoBlock:
      return "bad-free";
    case HeapFault::kWriteAfterFree:
      return "write-after-free";
  }
  return "?";
}

class Heap::Lock {
 public:
  explicit Lock(const Heap& heap) : locked_(heap.locked_) {
    while (__atomic_test_and_set(&locked_, __ATOMIC_ACQUIRE)) __builtin_ia32_pause();
  }
  ~Lock() { __atomic_clear(&locked_, __ATOMIC_RELEASE); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  bool& locked_;
};

uint32_t Heap::ClassOf(size_t size) {
  if (size <= 1024) return size == 0 ? 0 : static_cast<uint32_t>((size - 1) / kUnit);
  // Four classes between 2^n and 2^(n+1): by the two bits below the highest.
  const auto highest = static_cast<uint32_t>(std::bit_width(size - 1)) - 1;
  return 64 + (highest - 10) * 4 + static_cast<uint32_t>(((size - 1) >> (highest - 2)) & 3);
}

size_t Heap::SizeOfClass(uint32_t size_class) {
  if (size_class < 64) return (size_class + 1) * kUnit;
  const uint32_t quarter = size_class - 64;
  return (size_t{5} + quarter % 4) << (8 + quarter / 4);
}

bool Heap::Reserve() {
  constexpr size_t kUnits = kRange / kUnit;
  // Nobody may use the blocks before they are handed out.
  char* const range = Mapped<char>(ReserveAt(kHeapPlace, kRange + kSpan));
  units_ = Table<Unit>(kUnits);
  span_class_ = Table<uint8_t>(kSpans);
  span_count_ = Table<uint32_t>(kSpans);
  if (range == nullptr || units_ == nullptr || span_class_ == nullptr || span_count_ == nullptr) {
    return false;
  }
  const auto address = reinterpret_cast<uintptr_t>(range);
  begin_ = range + (kSpan - address % kSpan) % kSpan;
  return true;
}

// The first of `count` spans in a row that were never used, or kSpans.
uint32_t Heap::TakeSpans(size_t count) {
  if (begin_ == nullptr && !Reserve()) return kSpans;
  if (count > kSpans - 1 - next_span_) return kSpans;
  const uint32_t first = next_span_;
  if (!Remap(begin_ + first * kSpan, count * kSpan, PROT_READ | PROT_WRITE)) return kSpans;
  next_span_ += static_cast<uint32_t>(count);
  return first;
}

// Mapped several at a time, so that an execution makes no system call for each. An access to those
// that are not handed out does not fault.
uint32_t Heap::TakeSmallSpan() {
  if (small_next_ == small_end_) {
    const uint32_t first = TakeSpans(kSpansAtOnce);
    if (first == kSpans) return TakeSpans(1);
    small_next_ = first;
    small_end_ = first + kSpansAtOnce;
  }
  return small_next_++;
}

void Heap::Prepare() {
  const Lock lock(*this);
  if (small_next_ == small_end_ && TakeSmallSpan() != kSpans) --small_next_;
}

void* Heap::AllocateSmall(uint32_t size_class, HeapFault* fault) {
  const size_t size = SizeOfClass(size_class);
  SizeClass& blocks = classes_[size_class];
  char* block = BlockOf(blocks.free);
  if (block != nullptr) {
    blocks.free = UnitOf(block).next_free;
    if (!Holds(block, size, kFreedByte)) *fault = HeapFault::kWriteAfterFree;
  } else {
    if (static_cast<size_t>(blocks.fresh_end - blocks.fresh) < size) {
      const uint32_t span = TakeSmallSpan();
      if (span == kSpans) return nullptr;
      span_class_[span] = static_cast<uint8_t>(size_class + 1);
      blocks.fresh = begin_ + span * kSpan;
      blocks.fresh_end = blocks.fresh + kSpan;
    }
    block = blocks.fresh;
    blocks.fresh += size;
  }
  StateOf(block) = State::kLive;
  return block;
}

// Each has spans of its own. Addresses are not used again: they are not scarce, and a stale pointer
// faults.
void* Heap::AllocateLarge(size_t size, size_t alignment) {
  const size_t count = (size + kSpan - 1) / kSpan;
  const size_t extra = alignment > kSpan ? alignment / kSpan : 0;
  uint32_t first = TakeSpans(count + extra);
  if (first == kSpans) return nullptr;
  while (reinterpret_cast<uintptr_t>(begin_ + first * kSpan) % alignment != 0) ++first;
  span_class_[first] = kLargeFirst;
  span_count_[first] = static_cast<uint32_t>(count);
  for (size_t i = 1; i < count; ++i) {
    span_class_[first + i] = kLargeRest;
    span_count_[first + i] = static_cast<uint32_t>(i);
  }
  char* const block = begin_ + first * kSpan;
  StateOf(block) = State::kLive;
  return block;
}

void* Heap::Allocate(size_t size, size_t alignment, HeapFault* fault) {
  *fault = HeapFault::kNone;
  if (size > kRange / 2 || alignment > kRange / 4) return nullptr;
  void* block;
  size_t filled = size;
  {
    const Lock lock(*this);
    if (alignment > kUnit) {
      // A class whose size is a multiple of the alignment begins at such multiples.
      size = std::bit_ceil(std::max(size, alignment));
    }
    if (size > kSpan) {
      block = AllocateLarge(size, alignment);
    } else {
      block = AllocateSmall(ClassOf(size), fault);
    }
  }
  if (block != nullptr) Fill(block, filled, kFreshByte);
  return block;
}

uint8_t Heap::ClassAt(const void* block) const {
  if (!Owns(block)) return kUnused;
  const uint32_t span = SpanOf(block);
  const uint8_t entry = span_class_[span];
  const auto offset =
      static_cast<size_t>(static_cast<const char*>(block) - (begin_ + span * kSpan));
  if (entry == 0 || entry == kLargeRest) return kUnused;
  if (entry == kLargeFirst) return offset == 0 ? kLargeFirst : kUnused;
  const auto size_class = static_cast<uint8_t>(entry - 1);
  return offset % SizeOfClass(size_class) == 0 ? size_class : kUnused;
}

const char* Heap::BlockAround(const void* address) const {
  if (!Owns(address)) return nullptr;
  uint32_t span = SpanOf(address);
  if (span_class_[span] == kLargeRest) span -= span_count_[span];
  const uint8_t entry = span_class_[span];
  if (entry == 0) return nullptr;
  const char* begin = begin_ + span * kSpan;
  if (entry == kLargeFirst) return begin;
  const auto offset = static_cast<size_t>(static_cast<const char*>(address) - begin);
  return begin + (offset - offset % SizeOfClass(entry - 1u));
}

bool Heap::IsFreed(const void* address) const {
  const Lock lock(*this);
  const char* block = BlockAround(address);
  return block != nullptr && StateOf(block) == State::kFreed;
}

FreedBy Heap::WhoFreed(const void* address) const {
  const Lock lock(*this);
  const char* block = BlockAround(address);
  for (uint32_t i = 0; block != nullptr && i < std::min(frees_, kMostFreedBy); ++i) {
    const uint32_t at = (frees_ - 1 - i) % kMostFreedBy;
    if (freed_[at].block == block) return freed_[at].by;
  }
  return {};
}

HeapFault Heap::CheckFree(const void* block) const {
  const Lock lock(*this);
  if (ClassAt(block) == kUnused) return HeapFault::kNoBlock;
  switch (StateOf(block)) {
    case State::kNever:
      return HeapFault::kNoBlock;
    case State::kLive:
      return HeapFault::kNone;
    case State::kFreed:
      return HeapFault::kDoubleFree;
  }
  return HeapFault::kNoBlock;
}

void Heap::FreeLarge(uint32_t span) {
  Remap(begin_ + span * kSpan, span_count_[span] * kSpan, PROT_NONE);
}

HeapFault Heap::Free(void* block, const FreedBy& by) {
  const HeapFault fault = CheckFree(block);
  if (fault != HeapFault::kNone) return fault;
  const Lock lock(*this);
  const uint8_t size_class = ClassAt(block);
  Unit& unit = UnitOf(block);
  unit.state = State::kFreed;
  freed_[frees_++ % kMostFreedBy] = {block, by};
  if (size_class == kLargeFirst) {
    FreeLarge(SpanOf(block));
    return fault;
  }
  Fill(block, SizeOfClass(size_class), kFreedByte);
  SizeClass& blocks = classes_[size_class];
  unit.next_free = blocks.free;
  blocks.free = static_cast<uint32_t>(&unit - units_) + 1;
  freed_end_ = std::max(freed_end_, size_class + 1u);
  return fault;
}

size_t Heap::SizeOf(const void* block) const {
  const Lock lock(*this);
  const uint8_t size_class = ClassAt(block);
  if (size_class == kUnused || StateOf(block) != State::kLive) return 0;
  return size_class == kLargeFirst ? span_count_[SpanOf(block)] * kSpan : SizeOfClass(size_class);
}

const void* Heap::FindWriteAfterFree() const {
  const Lock lock(*this);
  for (uint32_t size_class = 0; size_class < freed_end_; ++size_class) {
    const size_t size = SizeOfClass(size_class);
    for (const char* block = BlockOf(classes_[size_class].free); block != nullptr;
         block = BlockOf(UnitOf(block).next_free)) {
      if (!Holds(block, size, kFreedByte)) return block;
    }
  }
  return nullptr;
}

}  // namespace heddle::sim::runtime
