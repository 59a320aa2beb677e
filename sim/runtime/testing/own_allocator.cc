// A shared library that brings an allocator of its own, built like jemalloc: operator new does not
// go by malloc, operator delete goes by free, and it has functions that nobody else has. What it is
// given must be its own.
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constexpr size_t kArena = size_t{64} << 20;
constexpr size_t kHeader = 16;
size_t used = 0;

// Where the blocks lie.
uintptr_t Arena() {
  static const auto arena = reinterpret_cast<uintptr_t>(
      mmap(nullptr, kArena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return arena;
}

size_t* SizeOf(void* block) {
  return reinterpret_cast<size_t*>(static_cast<char*>(block) - kHeader);
}

void CheckOwn(const void* block) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  if (address < Arena() || address >= Arena() + kArena) abort();
}

// No block is used again.
void* Allocate(size_t size, size_t alignment) {
  const size_t taken = (size + alignment + kHeader) / kHeader * kHeader + kHeader;
  const size_t begin = __atomic_fetch_add(&used, taken, __ATOMIC_SEQ_CST);
  if (begin + taken > kArena) return nullptr;
  const auto first = Arena() + begin + kHeader;
  void* block = reinterpret_cast<void*>((first + alignment - 1) / alignment * alignment);
  *SizeOf(block) = size;
  return block;
}

}  // namespace

extern "C" {

void* malloc(size_t size) { return Allocate(size, kHeader); }
void* calloc(size_t count, size_t size) { return Allocate(count * size, kHeader); }
void* memalign(size_t alignment, size_t size) {
  return Allocate(size, alignment < kHeader ? kHeader : alignment);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}
void free(void* block) {
  if (block != nullptr) CheckOwn(block);
}
size_t malloc_usable_size(void* block) {
  CheckOwn(block);
  return *SizeOf(block);
}
void* realloc(void* block, size_t size) {
  void* larger = Allocate(size, kHeader);
  if (block == nullptr || larger == nullptr) return larger;
  const size_t old = malloc_usable_size(block);
  memcpy(larger, block, old < size ? old : size);
  return larger;
}

void* own_allocate(size_t size) { return Allocate(size, kHeader); }

}  // extern "C"

void* operator new(size_t size) { return Allocate(size, kHeader); }
void* operator new[](size_t size) { return Allocate(size, kHeader); }
void operator delete(void* block) noexcept { free(block); }
void operator delete[](void* block) noexcept { free(block); }
void operator delete(void* block, size_t) noexcept { free(block); }
void operator delete[](void* block, size_t) noexcept { free(block); }
