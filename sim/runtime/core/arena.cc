// Power-of-two size classes with free lists; blocks are never returned to a common pool.
#include "sim/runtime/core/arena.h"

#include <cstdint>
#include <cstring>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {

constinit thread_local bool tls_in_arena = false;

namespace {
constexpr int kClasses = 40;       // blocks below 2^40 bytes: more than any arena holds
constexpr int kSmallestClass = 5;  // 32 bytes: a header and 16 bytes for the user
struct Header {                    // 16 bytes in front of every block
  uint64_t size_class;
  uint64_t padding;
};
struct FreeBlock {
  FreeBlock* next;
};
struct ArenaState {  // at the arena's start
  size_t used;
  FreeBlock* free[kClasses];
};
constinit char* base = nullptr;
constinit size_t capacity = 0;
ArenaState* State() { return reinterpret_cast<ArenaState*>(base); }
}  // namespace

void ArenaInit(void* memory, size_t size) {
  base = static_cast<char*>(memory);
  capacity = size;
  memset(State(), 0, sizeof(ArenaState));
  State()->used = (sizeof(ArenaState) + 63) & ~size_t{63};
  KERNEL_CHECK(State()->used <= capacity, "the arena holds its own lists");
}

void* ArenaBegin() { return base; }
size_t ArenaUsed() { return State()->used; }

bool ArenaOwns(const void* memory) {
  const auto* p = static_cast<const char*>(memory);
  return p >= base && p < base + capacity;
}

void* ArenaAllocate(size_t size, size_t alignment) {
  // Alignment above 16 is met by asking for a bigger block; the header then lies just below.
  const size_t need = size + sizeof(Header) + (alignment > 16 ? alignment : 0);
  int size_class = kSmallestClass;
  while ((size_t{1} << size_class) < need) ++size_class;
  ArenaState* state = State();
  char* block;
  if (size_class < kClasses && state->free[size_class] != nullptr) {
    block = reinterpret_cast<char*>(state->free[size_class]);
    state->free[size_class] = state->free[size_class]->next;
  } else {
    const size_t bytes = size_t{1} << size_class;
    if (size_class >= kClasses || bytes > capacity - state->used) {
      Fail(FailureKind::kLimit, "the strategy's arena of %zu MiB is full", capacity >> 20);
    }
    block = base + state->used;
    state->used += bytes;
  }
  char* user = block + sizeof(Header);
  if (alignment > 16) {
    user = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(user) + alignment - 1) &
                                   ~(alignment - 1));
  }
  Header* header = reinterpret_cast<Header*>(user) - 1;
  header->size_class = static_cast<uint64_t>(size_class);
  header->padding = static_cast<uint64_t>(user - block);
  return user;
}

void ArenaFree(void* memory) {
  if (memory == nullptr) return;
  KERNEL_CHECK(ArenaOwns(memory), "a freed block lies in the arena");
  const Header header = *(static_cast<Header*>(memory) - 1);
  KERNEL_CHECK(header.size_class >= kSmallestClass && header.size_class < kClasses,
               "a freed block has a header that the arena wrote");
  auto* block = reinterpret_cast<FreeBlock*>(static_cast<char*>(memory) - header.padding);
  block->next = State()->free[header.size_class];
  State()->free[header.size_class] = block;
}

size_t ArenaSizeOf(const void* memory) {
  const Header* header = static_cast<const Header*>(memory) - 1;
  return (size_t{1} << header->size_class) - header->padding;
}

}  // namespace heddle::sim::runtime
