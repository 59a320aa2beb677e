// Memory of the process itself for the kernel's own tables. Unlike the arena (arena.cc) it is not
// shared: what an execution takes is gone with it, so executions do not add up. LeakSanitizer takes
// it for a root: what the program has handed to the kernel (a thread's argument) is not leaked.
#ifndef HEDDLE_SIM_RUNTIME_CORE_PRIVATE_MEMORY_H_
#define HEDDLE_SIM_RUNTIME_CORE_PRIVATE_MEMORY_H_

#include <cstddef>

namespace heddle::sim::runtime {

// Zeroed, aligned to 64 bytes, never returned: callers keep spare lists. Fails the execution
// (limit) when the system has no memory. Called by the thread that has control.
void* AllocatePrivate(size_t size);

// Address space for tables with a generous bound: zeroed, taken from the system page by page as it
// is used, and no root for LeakSanitizer.
void* ReservePrivate(size_t size);
template <typename T>
T* ReserveZeroed(size_t count) {
  return static_cast<T*>(ReservePrivate(count * sizeof(T)));
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_PRIVATE_MEMORY_H_
