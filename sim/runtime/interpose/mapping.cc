// munmap (POSIX.1-2017): takes memory away as free() does, so it is the same operation.
//
// Not taken over: mmap, mremap, mprotect.
#include <sys/mman.h>

#include <algorithm>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_code.h"

HEDDLE_REAL(munmap, int, void*, size_t)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, munmap, void* memory, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || kernel.request.rules < 2 || FromSystem(__builtin_return_address(0))) {
    return REAL(munmap)(memory, size);
  }
  // As for free(), the range names what it touches, no object.
  Announce(self, OpKind::kFree, Access::kWrite, memory,
           static_cast<uint32_t>(std::min<size_t>(size, UINT32_MAX)));
  Schedule(self);
  if (kernel.request.weak) WeakForget(memory, size);
  ForgetObjects(memory, size);
  return CallReal([&] { return REAL(munmap)(memory, size); });
}
