// Where the runtime maps memory of its own: in a part of the address space far from where the
// system puts what a program maps. So the addresses of the program's mappings and thread stacks
// depend on the program alone, not on how much the runtime has mapped (a replay that keeps details
// has a larger control block), and programs that sort or hash by address take the same path.
//
// All sanitizers' layouts for x86-64 have the part among the addresses of an application.
#ifndef HEDDLE_SIM_RUNTIME_CORE_OWN_MAPPING_H_
#define HEDDLE_SIM_RUNTIME_CORE_OWN_MAPPING_H_

#include <cstddef>
#include <cstdint>

namespace heddle::sim::runtime {

// det's heap: so many addresses behind its place are nobody else's.
inline constexpr uintptr_t kHeapPlace = uintptr_t{0x7e90} << 32;
inline constexpr size_t kHeapRange = size_t{64} << 30;

// As mmap(2), readable and writable. Elsewhere when the place is taken. Negative: the error. Any
// thread.
long MapOwn(size_t size, int flags, int descriptor = -1);
// The same for one place, and without any access.
long ReserveAt(uintptr_t place, size_t size);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_OWN_MAPPING_H_
