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

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_PRIVATE_MEMORY_H_
