// What libc's malloc() knows of an address, for det builds that run free: they have no heap of
// their own to ask (core/heap.h).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_LIBC_BLOCKS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_LIBC_BLOCKS_H_

#include <cstddef>

namespace heddle::sim::runtime {

// The usable size of the block that begins at `memory`; 0: none does. It may be any address.
// (glibc keeps no list of its blocks: this looks at where the address lies, and at what stands in
// front of a block. One that was freed may count still.)
size_t LibcBlockSize(const void* memory);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_LIBC_BLOCKS_H_
