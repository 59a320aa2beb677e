#include "sim/runtime/core/own_mapping.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "sim/runtime/core/context.h"

namespace heddle::sim::runtime {
namespace {

constinit uintptr_t next_place = uintptr_t{0x7ec0} << 32;

long MapAt(uintptr_t place, size_t size, int protection, int flags, int descriptor) {
  const auto map = [&](uintptr_t where, int fixed) {
    return RawSyscall(SYS_mmap, static_cast<long>(where), static_cast<long>(size), protection,
                      flags | fixed, descriptor, 0);
  };
  const long address = map(place, MAP_FIXED_NOREPLACE);
  return address == -EEXIST ? map(0, 0) : address;
}

}  // namespace

long MapOwn(size_t size, int flags, int descriptor) {
  // One behind the other: the system counts mappings that touch, and are alike, as one.
  constexpr size_t kPage = 4096;
  const size_t room = (size + kPage - 1) & ~(kPage - 1);
  const uintptr_t place = __atomic_fetch_add(&next_place, room, __ATOMIC_RELAXED);
  return MapAt(place, size, PROT_READ | PROT_WRITE, flags, descriptor);
}

long ReserveAt(uintptr_t place, size_t size) {
  return MapAt(place, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

}  // namespace heddle::sim::runtime
