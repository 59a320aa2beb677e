// malloc and operator new: points in front of each runtime's own allocator, which stays in charge
// (glibc's checks in det, AddressSanitizer's in asan).
//
// What is counted must be the same in every flavour, so:
//  - calls made by libc itself are no points (FromSystem; a sanitizer's own version of strdup or
//    fopen may make none, or others);
//  - operator new and delete are one point each, not two, although they end in malloc in det. They
//    are reached by -Wl,--wrap from the program's own objects, and by PatchNewInLibraries() from
//    shared libraries, because the runtimes' definitions are strong.
// Inside a strategy everything comes from the arena.
#include "sim/runtime/interpose/memory.h"

#include <elf.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_code.h"

extern "C" {
// glibc's own, under names nobody interposes.
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
}

HEDDLE_REAL(malloc, void*, size_t)
HEDDLE_REAL(calloc, void*, size_t, size_t)
HEDDLE_REAL(realloc, void*, void*, size_t)
HEDDLE_REAL(free, void, void*)
HEDDLE_REAL(memalign, void*, size_t, size_t)
HEDDLE_REAL(malloc_usable_size, size_t, void*)

namespace heddle::sim::runtime {

namespace {

bool Has(const void* interceptor) { return interceptor != nullptr; }

void* RealMalloc(size_t size) {
  return Has(reinterpret_cast<void*>(heddle_interceptor_malloc)) ? heddle_interceptor_malloc(size)
                                                                 : __libc_malloc(size);
}
void* RealCalloc(size_t count, size_t size) {
  return Has(reinterpret_cast<void*>(heddle_interceptor_calloc))
             ? heddle_interceptor_calloc(count, size)
             : __libc_calloc(count, size);
}
void* RealRealloc(void* memory, size_t size) {
  return Has(reinterpret_cast<void*>(heddle_interceptor_realloc))
             ? heddle_interceptor_realloc(memory, size)
             : __libc_realloc(memory, size);
}
// ThreadSanitizer has no memalign of its own on Linux; its aligned operator new is used for it.
void* RealMemalign(size_t alignment, size_t size) {
  if (Has(reinterpret_cast<void*>(heddle_interceptor_memalign))) {
    return heddle_interceptor_memalign(alignment, size);
  }
  return __libc_memalign(alignment, size);
}
void RealFree(void* memory) {
  if (Has(reinterpret_cast<void*>(heddle_interceptor_free))) {
    heddle_interceptor_free(memory);
  } else {
    __libc_free(memory);
  }
}

// The arena's usable size is asked for by libstdc++ never, by programs hardly.
size_t UsableSize(void* memory) {
  if (Has(reinterpret_cast<void*>(heddle_interceptor_malloc_usable_size))) {
    return heddle_interceptor_malloc_usable_size(memory);
  }
  return LIBC(malloc_usable_size)(memory);
}

// False: this allocation is to fail.
bool PointAllocate(const void* caller) {
  Thread* self = tls_self;
  if (self == nullptr) return true;
  self->caller = caller;
  if (FromSystem(caller)) return true;
  const bool fails = FaultComes(self, FaultKind::kAllocation);
  AtPoint(self, OpKind::kAllocate, Access::kNone, nullptr);
  return !fails;
}

// For malloc and its like.
bool PointMalloc(const void* caller) {
  if (__builtin_expect(PointAllocate(caller), 1)) return true;
  errno = ENOMEM;
  return false;
}

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

void PointFree(void* memory, const void* caller) {
  Thread* self = tls_self;
  if (self == nullptr) return;
  self->caller = caller;
  if (memory == nullptr || FromSystem(caller)) return;
  uint32_t size = 0;
  if (kernel.request.number_objects) {
    Uncontrolled scope;
    size = static_cast<uint32_t>(UsableSize(memory));
  }
  // The address names no object: conflicts are found by range.
  Announce(self, OpKind::kFree, Access::kWrite, memory, size);
  Schedule(self);
  if (kernel.request.number_objects) ForgetObjects(memory, size);
}

// False: it is to fail, and what is there stays.
bool PointReallocate(void* memory, size_t size, const void* caller) {
  Thread* self = tls_self;
  const bool fails = self != nullptr && size != 0 && !FromSystem(caller) &&
                     FaultComes(self, FaultKind::kAllocation);
  if (__builtin_expect(fails, 0)) {
    self->caller = caller;
    AtPoint(self, OpKind::kAllocate, Access::kNone, nullptr);
    errno = ENOMEM;
    return false;
  }
  PointFree(memory, caller);
  return true;
}

#define HEDDLE_CALLER __builtin_return_address(0)

}  // namespace

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(void*, malloc, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMalloc(size);
}

INTERPOSE(void*, calloc, size_t count, size_t size) {
  if (tls_in_arena) {
    void* memory = ArenaAllocate(count * size);
    memset(memory, 0, count * size);
    return memory;
  }
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealCalloc(count, size);
}

INTERPOSE(void*, realloc, void* memory, size_t size) {
  if (tls_in_arena || ArenaOwns(memory)) {
    void* bigger = ArenaAllocate(size);
    if (memory != nullptr) {
      const size_t old = ArenaSizeOf(memory);
      memcpy(bigger, memory, old < size ? old : size);
      ArenaFree(memory);
    }
    return bigger;
  }
  if (memory == nullptr) {
    if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  } else if (!PointReallocate(memory, size, HEDDLE_CALLER)) {
    return nullptr;
  }
  Uncontrolled scope;
  return RealRealloc(memory, size);
}

INTERPOSE(void, free, void* memory) {
  if (ArenaOwns(memory)) return ArenaFree(memory);
  PointFree(memory, HEDDLE_CALLER);
  Uncontrolled scope;
  RealFree(memory);
}

INTERPOSE(void*, memalign, size_t alignment, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size, alignment);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(alignment, size);
}

INTERPOSE(void*, aligned_alloc, size_t alignment, size_t size) {
  if (tls_in_arena) return ArenaAllocate(size, alignment);
  if (!PointMalloc(HEDDLE_CALLER)) return nullptr;
  Uncontrolled scope;
  return RealMemalign(alignment, size);
}

INTERPOSE(int, posix_memalign, void** memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
    return EINVAL;
  }
  if (tls_in_arena) {
    *memory = ArenaAllocate(size, alignment);
    return 0;
  }
  if (!PointAllocate(HEDDLE_CALLER)) return ENOMEM;
  Uncontrolled scope;
  void* result = RealMemalign(alignment, size);
  if (result == nullptr) return ENOMEM;
  *memory = result;
  return 0;
}

INTERPOSE(void*, reallocarray, void* memory, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return heddle_realloc(memory, bytes);
}

INTERPOSE(size_t, malloc_usable_size, void* memory) {
  if (ArenaOwns(memory)) return ArenaSizeOf(memory);
  Uncontrolled scope;
  return UsableSize(memory);
}

// --- operator new and delete, all forms ---
// __wrap_X is what the program calls, __real_X the runtime's (or the program's own replacement).
#define HEDDLE_NEW(symbol, alignment, throws, parameters, arguments)  \
  extern "C" void* __real_##symbol parameters;                        \
  extern "C" __attribute__((used)) void* __wrap_##symbol parameters { \
    if (tls_in_arena) return ArenaAllocate(size, alignment);          \
    while (__builtin_expect(!PointAllocate(HEDDLE_CALLER), 0)) {      \
      if (!CallNewHandler(throws)) return nullptr;                    \
    }                                                                 \
    Uncontrolled scope;                                               \
    return __real_##symbol arguments;                                 \
  }
#define HEDDLE_DELETE(symbol, parameters, arguments)                 \
  extern "C" void __real_##symbol parameters;                        \
  extern "C" __attribute__((used)) void __wrap_##symbol parameters { \
    if (ArenaOwns(memory)) return ArenaFree(memory);                 \
    PointFree(memory, HEDDLE_CALLER);                                \
    Uncontrolled scope;                                              \
    __real_##symbol arguments;                                       \
  }
using Alignment = std::align_val_t;
using NoThrow = const std::nothrow_t&;
HEDDLE_NEW(_Znwm, 16, true, (size_t size), (size))
HEDDLE_NEW(_Znam, 16, true, (size_t size), (size))
HEDDLE_NEW(_ZnwmRKSt9nothrow_t, 16, false, (size_t size, NoThrow n), (size, n))
HEDDLE_NEW(_ZnamRKSt9nothrow_t, 16, false, (size_t size, NoThrow n), (size, n))
HEDDLE_NEW(_ZnwmSt11align_val_t, static_cast<size_t>(a), true, (size_t size, Alignment a),
           (size, a))
HEDDLE_NEW(_ZnamSt11align_val_t, static_cast<size_t>(a), true, (size_t size, Alignment a),
           (size, a))
HEDDLE_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, static_cast<size_t>(a), false,
           (size_t size, Alignment a, NoThrow n), (size, a, n))
HEDDLE_NEW(_ZnamSt11align_val_tRKSt9nothrow_t, static_cast<size_t>(a), false,
           (size_t size, Alignment a, NoThrow n), (size, a, n))
HEDDLE_DELETE(_ZdlPv, (void* memory), (memory))
HEDDLE_DELETE(_ZdaPv, (void* memory), (memory))
HEDDLE_DELETE(_ZdlPvm, (void* memory, size_t size), (memory, size))
HEDDLE_DELETE(_ZdaPvm, (void* memory, size_t size), (memory, size))
HEDDLE_DELETE(_ZdlPvRKSt9nothrow_t, (void* memory, NoThrow n), (memory, n))
HEDDLE_DELETE(_ZdaPvRKSt9nothrow_t, (void* memory, NoThrow n), (memory, n))
HEDDLE_DELETE(_ZdlPvSt11align_val_t, (void* memory, Alignment a), (memory, a))
HEDDLE_DELETE(_ZdaPvSt11align_val_t, (void* memory, Alignment a), (memory, a))
HEDDLE_DELETE(_ZdlPvmSt11align_val_t, (void* memory, size_t size, Alignment a), (memory, size, a))
HEDDLE_DELETE(_ZdaPvmSt11align_val_t, (void* memory, size_t size, Alignment a), (memory, size, a))
HEDDLE_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void* memory, Alignment a, NoThrow n),
              (memory, a, n))
HEDDLE_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void* memory, Alignment a, NoThrow n),
              (memory, a, n))

// --- The same for calls from shared libraries ---
namespace heddle::sim::runtime {
namespace {

struct Replacement {
  const char* name;
  void* function;
};
#define HEDDLE_ENTRY(symbol) {#symbol, reinterpret_cast<void*>(__wrap_##symbol)},
const Replacement kReplacements[] = {
    HEDDLE_ENTRY(_Znwm) HEDDLE_ENTRY(_Znam) HEDDLE_ENTRY(_ZnwmRKSt9nothrow_t)
        HEDDLE_ENTRY(_ZnamRKSt9nothrow_t) HEDDLE_ENTRY(_ZnwmSt11align_val_t)
            HEDDLE_ENTRY(_ZnamSt11align_val_t) HEDDLE_ENTRY(_ZnwmSt11align_val_tRKSt9nothrow_t)
                HEDDLE_ENTRY(_ZnamSt11align_val_tRKSt9nothrow_t) HEDDLE_ENTRY(_ZdlPv)
                    HEDDLE_ENTRY(_ZdaPv) HEDDLE_ENTRY(_ZdlPvm) HEDDLE_ENTRY(_ZdaPvm)
                        HEDDLE_ENTRY(_ZdlPvRKSt9nothrow_t) HEDDLE_ENTRY(_ZdaPvRKSt9nothrow_t)
                            HEDDLE_ENTRY(_ZdlPvSt11align_val_t) HEDDLE_ENTRY(_ZdaPvSt11align_val_t)
                                HEDDLE_ENTRY(_ZdlPvmSt11align_val_t)
                                    HEDDLE_ENTRY(_ZdaPvmSt11align_val_t)};

void PatchTable(const char* strings, const Elf64_Sym* symbols, const Elf64_Rela* relocations,
                size_t bytes, uintptr_t bias) {
  for (size_t i = 0; i < bytes / sizeof *relocations; ++i) {
    const uint32_t type = ELF64_R_TYPE(relocations[i].r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
    const char* name = strings + symbols[ELF64_R_SYM(relocations[i].r_info)].st_name;
    if (name[0] != '_' || name[1] != 'Z') continue;
    for (const Replacement& replacement : kReplacements) {
      if (strcmp(name, replacement.name) != 0) continue;
      auto* slot = reinterpret_cast<void**>(bias + relocations[i].r_offset);
      const uintptr_t page = reinterpret_cast<uintptr_t>(slot) & ~uintptr_t{4095};
      mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE);
      *slot = replacement.function;
    }
  }
}

int PatchLibrary(dl_phdr_info* info, size_t, void*) {
  if (info->dlpi_name[0] == 0 || strstr(info->dlpi_name, "linux-vdso") != nullptr) return 0;
  const Elf64_Dyn* dynamic = nullptr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const Elf64_Dyn*>(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
  }
  if (dynamic == nullptr) return 0;
  const char* strings = nullptr;
  const Elf64_Sym* symbols = nullptr;
  const Elf64_Rela *plt = nullptr, *rela = nullptr;
  size_t plt_size = 0, rela_size = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {  // ld.so has relocated the pointers
    switch (dynamic->d_tag) {
      case DT_STRTAB:
        strings = reinterpret_cast<const char*>(dynamic->d_un.d_ptr);
        break;
      case DT_SYMTAB:
        symbols = reinterpret_cast<const Elf64_Sym*>(dynamic->d_un.d_ptr);
        break;
      case DT_JMPREL:
        plt = reinterpret_cast<const Elf64_Rela*>(dynamic->d_un.d_ptr);
        break;
      case DT_PLTRELSZ:
        plt_size = dynamic->d_un.d_val;
        break;
      case DT_RELA:
        rela = reinterpret_cast<const Elf64_Rela*>(dynamic->d_un.d_ptr);
        break;
      case DT_RELASZ:
        rela_size = dynamic->d_un.d_val;
        break;
      default:
        break;
    }
  }
  if (strings == nullptr || symbols == nullptr) return 0;
  if (plt != nullptr) PatchTable(strings, symbols, plt, plt_size, info->dlpi_addr);
  if (rela != nullptr) PatchTable(strings, symbols, rela, rela_size, info->dlpi_addr);
  return 0;
}

}  // namespace

void PatchNewInLibraries() { dl_iterate_phdr(PatchLibrary, nullptr); }

}  // namespace heddle::sim::runtime
