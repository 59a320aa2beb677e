// The arena: memory for strategies and the kernel's own objects.
//
// It lies in memory shared by all forks of a controlled process, so a strategy's state outlives the
// execution that changed it, and it keeps the kernel's allocations out of the program's heap, where
// they would move the program's addresses from one strategy to the next.
//
// Used by one thread at a time, the one that has control (or the fork server's only one). A full
// arena is the finding "limit".
#ifndef HEDDLE_SIM_RUNTIME_CORE_ARENA_H_
#define HEDDLE_SIM_RUNTIME_CORE_ARENA_H_

#include <cstddef>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Empties it. `memory` must be zero or its content worthless, and aligned to a page.
void ArenaInit(void* memory, size_t size);
// Never null. `alignment` is a power of two.
void* ArenaAllocate(size_t size, size_t alignment = 16);
void ArenaFree(void* memory);  // null: nothing
// All that was ever handed out, lists included: a copy of it, put back, is the arena of that time.
void* ArenaBegin();
size_t ArenaUsed();
bool ArenaOwns(const void* memory);
size_t ArenaSizeOf(const void* memory);  // usable bytes of a block

// While set, the running thread's malloc and operator new are served from the arena (malloc.cc,
// operator_new.cc).
extern constinit thread_local bool tls_in_arena __attribute__((tls_model("initial-exec")));

// Around every call of a strategy. Nests.
class UseArena {
 public:
  UseArena() : self_(tls_self), saved_(tls_in_arena) {
    tls_self = nullptr;
    tls_in_arena = true;
    KeepStores();
  }
  ~UseArena() {
    KeepStores();
    tls_in_arena = saved_;
    tls_self = self_;
  }
  UseArena(const UseArena&) = delete;
  UseArena& operator=(const UseArena&) = delete;

 private:
  Thread* self_;
  bool saved_;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_ARENA_H_
