#include "sim/runtime/interpose/allocator_library.h"

#include <dlfcn.h>

#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {
namespace {

constinit AllocatorLibrary library = {};
constinit bool looked = false;
constinit const AllocatorLibrary* found = nullptr;

// Where the executable or library of an address begins; null when it is in none.
const void* ObjectOfCode(const void* address) {
  Dl_info info;
  return dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

// Takes the functions from one object: the first behind the executable that has a malloc.
template <typename Function>
bool Take(Function*& function, const char* name, const void* object) {
  void* next = FindNext(name, nullptr);
  function = reinterpret_cast<Function*>(next);
  return ObjectOfCode(next) == object;
}

const AllocatorLibrary* Look() {
  const void* object = ObjectOfCode(FindNext("malloc", nullptr));
  // No allocator takes over what only libc can define.
  if (object == nullptr || object == ObjectOfCode(FindNext("gnu_get_libc_version", nullptr))) {
    return nullptr;
  }
  const bool whole =
      Take(library.malloc, "malloc", object) && Take(library.calloc, "calloc", object) &&
      Take(library.realloc, "realloc", object) && Take(library.memalign, "memalign", object) &&
      Take(library.free, "free", object) && Take(library.usable_size, "malloc_usable_size", object);
  return whole ? &library : nullptr;
}

}  // namespace

const AllocatorLibrary* FindAllocatorLibrary() {
  if (!looked) {
    looked = true;  // first: the lookup may allocate
    found = Look();
  }
  return found;
}

bool IsOfAllocatorLibrary(const void* function) {
  const AllocatorLibrary* allocator = FindAllocatorLibrary();
  return allocator != nullptr &&
         ObjectOfCode(function) == ObjectOfCode(reinterpret_cast<const void*>(allocator->malloc));
}

bool MayBeOfAllocatorLibrary(const void* memory) {
  return FindAllocatorLibrary() != nullptr && ObjectOfCode(memory) == nullptr;
}

}  // namespace heddle::sim::runtime
