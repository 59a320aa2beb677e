#include "sim/runtime/core/private_memory.h"

#include <sys/mman.h>

#include <algorithm>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/uncontrolled.h"

extern "C" __attribute__((weak)) void __lsan_register_root_region(const void*, size_t);

namespace heddle::sim::runtime {

namespace {
// Some hundred Thread objects: most programs need one chunk.
constexpr size_t kChunk = 512 << 10;
constinit char* next = nullptr;
constinit size_t left = 0;

char* Map(size_t size, int flags) {
  const long address = MapOwn(size, MAP_PRIVATE | MAP_ANONYMOUS | flags);
  if (SystemCallFailed(address)) Fail(FailureKind::kLimit, "out of memory for the kernel");
  return reinterpret_cast<char*>(address);
}
}  // namespace

void* ReservePrivate(size_t size) { return Map(size, MAP_NORESERVE); }

void* AllocatePrivate(size_t size) {
  size = (size + 63) & ~size_t{63};
  // Across no more pages than it must (hot.h).
  const size_t of_page = reinterpret_cast<uintptr_t>(next) % kHotPage;
  if (const size_t rest = kHotPage - of_page; size > rest && size <= kHotPage && rest <= left) {
    next += rest;
    left -= rest;
  }
  if (size > left) {
    const size_t chunk = std::max(kChunk, size);
    next = Map(chunk, 0);
    left = chunk;
    if (__lsan_register_root_region != nullptr) {
      const Uncontrolled scope;
      __lsan_register_root_region(next, chunk);
    }
  }
  void* const memory = next;
  next += size;
  left -= size;
  return memory;
}

}  // namespace heddle::sim::runtime
