#include "sim/runtime/interpose/libc_blocks.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {
namespace {

// glibc's malloc_chunk: the size of the chunk stands in front of the block, with three flags.
constexpr size_t kChunkHeader = 16;
constexpr size_t kSmallestChunk = 32;
constexpr uint64_t kPreviousInUse = 1, kMappedChunk = 2, kChunkFlags = 7;
constexpr uintptr_t kChunkPage = 4096;

// Reads a word that may not be there.
bool ReadWord(uintptr_t address, uint64_t* word) {
  const iovec to = {word, sizeof *word};
  const iovec from = {reinterpret_cast<void*>(address), sizeof *word};
  return RawSyscall(SYS_process_vm_readv, RawSyscall(SYS_getpid), reinterpret_cast<long>(&to), 1,
                    reinterpret_cast<long>(&from), 1, 0) == sizeof *word;
}

// Whether malloc() may have it: in the heap, or in memory without a name (proc(5), maps).
bool MayBeHeap(uintptr_t address) {
  FILE* maps = fopen("/proc/self/maps", "re");
  if (maps == nullptr) return false;
  char line[512];
  bool may_be = false;
  while (fgets(line, sizeof line, maps) != nullptr) {
    unsigned long begin = 0, end = 0;
    int name = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &begin, &end, &name) != 2) continue;
    if (address < begin || address >= end) continue;
    may_be = line[name] == '\0' || strncmp(line + name, "[heap]", 6) == 0;
    break;
  }
  fclose(maps);
  return may_be;
}

}  // namespace

size_t LibcBlockSize(const void* memory) {
  const auto block = reinterpret_cast<uintptr_t>(memory);
  uint64_t head = 0, next = 0;
  if (block == 0 || block % kChunkHeader != 0 || !MayBeHeap(block)) return 0;
  if (!ReadWord(block - sizeof head, &head)) return 0;
  const uint64_t size = head & ~kChunkFlags;
  if (size < kSmallestChunk || size % kChunkHeader != 0) return 0;
  if ((head & kMappedChunk) != 0) {
    const bool whole_pages = (block - kChunkHeader) % kChunkPage == 0 && size % kChunkPage == 0;
    return whole_pages ? size - kChunkHeader : 0;
  }
  // The chunk behind one in use says that it is.
  if (!ReadWord(block - kChunkHeader + size + sizeof head, &next)) return 0;
  return (next & kPreviousInUse) != 0 && (next & ~kChunkFlags) != 0 ? size - sizeof head : 0;
}

}  // namespace heddle::sim::runtime
