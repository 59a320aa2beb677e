// An allocator that the program is linked with as a shared library, to have it in the place of
// libc's: jemalloc, tcmalloc, mimalloc. The runtime has taken malloc and its like over in front of
// it. Its operator new does not go by malloc, its operator delete may go by free: neither may be
// used beside the heap of det. The sanitizers' own operators come before it.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_LIBRARY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_LIBRARY_H_

#include <cstddef>

namespace heddle::sim::runtime {

struct AllocatorLibrary {
  void* (*malloc)(size_t);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*memalign)(size_t, size_t);
  void (*free)(void*);
  size_t (*usable_size)(void*);
};

// Null: there is none. Looked up on the first call, which must come while there is one thread.
const AllocatorLibrary* FindAllocatorLibrary();

// Whether a function is the allocator library's.
bool IsOfAllocatorLibrary(const void* function);

// Whether a block that is not the runtime's may be the library's: from a function of its own
// (mallocx), or from its operator new, called by a library that was loaded later. Variables are
// not.
bool MayBeOfAllocatorLibrary(const void* memory);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_ALLOCATOR_LIBRARY_H_
