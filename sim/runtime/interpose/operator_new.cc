// operator new and delete, all forms: one point each, not two, although they end in malloc in det.
// They are reached by -Wl,--wrap from the program's own objects, and by PatchNewInLibraries() from
// shared libraries, because the runtimes' definitions are strong. See allocation.h.
//
// A fault makes one fail as [new.delete.single] says: the new handler is called as long as there is
// one; then std::bad_alloc, or null for the forms that do not throw.
#include "sim/runtime/interpose/operator_new.h"

#include <new>

#include "sim/runtime/interpose/allocation.h"
#include "sim/runtime/interpose/library_calls.h"

namespace heddle::sim::runtime {
namespace {

// What operator new does when there is no memory: the handler may find some, and it tries again.
// An exception that leaves the handler goes on; without a handler, std::bad_alloc, or false for the
// forms that do not throw.
bool CallNewHandler(bool throws) {
  const std::new_handler handler = std::get_new_handler();
  if (handler != nullptr) {
    handler();
    return true;
  }
  if (throws) throw std::bad_alloc();
  return false;
}

bool HeapServesNew();

// In place of an allocator library's operator new.
void* NewFromHeap(size_t size, size_t alignment, bool throws) {
  for (;;) {
    void* block = alignment > 16 ? RealMemalign(alignment, size) : RealMalloc(size);
    if (block != nullptr) return block;
    if (!CallNewHandler(throws)) return nullptr;
  }
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

using Alignment = std::align_val_t;
using NoThrow = const std::nothrow_t&;

// __wrap_X is what the program calls, __real_X the runtime's (or the program's own replacement).
#define HEDDLE_NEW(symbol, alignment, throws, parameters, arguments)  \
  extern "C" void* __real_##symbol parameters;                        \
  extern "C" __attribute__((used)) void* __wrap_##symbol parameters { \
    if (tls_in_arena) return ArenaAllocate(size, alignment);          \
    while (__builtin_expect(!PointAllocate(HEDDLE_CALLER), 0)) {      \
      if (!CallNewHandler(throws)) return nullptr;                    \
    }                                                                 \
    Uncontrolled scope;                                               \
    if (HeapServesNew()) return NewFromHeap(size, alignment, throws); \
    return __real_##symbol arguments;                                 \
  }
#define HEDDLE_DELETE(symbol, parameters, arguments)                 \
  extern "C" void __real_##symbol parameters;                        \
  extern "C" __attribute__((used)) void __wrap_##symbol parameters { \
    if (ArenaOwns(memory)) return ArenaFree(memory);                 \
    PointFree(memory, HEDDLE_CALLER);                                \
    Uncontrolled scope;                                              \
    if (HeapServesNew()) return RealFree(memory);                    \
    __real_##symbol arguments;                                       \
  }
#include "sim/runtime/interpose/operator_new.inc"
#undef HEDDLE_NEW
#undef HEDDLE_DELETE

namespace heddle::sim::runtime {
namespace {

// One answer for all: a library that has one of them has them all.
bool HeapServesNew() {
  static constinit int8_t answer = -1;
  if (__builtin_expect(answer < 0, 0)) answer = ServesNew(reinterpret_cast<void*>(__real__Znwm));
  return answer != 0;
}

#define HEDDLE_ENTRY(symbol, ...) {#symbol, reinterpret_cast<void*>(__wrap_##symbol)},
#define HEDDLE_NEW HEDDLE_ENTRY
#define HEDDLE_DELETE HEDDLE_ENTRY
const Replacement kReplacements[] = {
#include "sim/runtime/interpose/operator_new.inc"
};
#undef HEDDLE_NEW
#undef HEDDLE_DELETE

}  // namespace

void PatchNewInLibraries() {
  HeapServesNew();  // so that no execution looks
  ReplaceInLibraries(kReplacements);
}

}  // namespace heddle::sim::runtime
