#include "sim/runtime/interpose/thread_memory.h"

#include <cstdint>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/object_table.h"

extern "C" {
__attribute__((weak)) void* __asan_get_current_fake_stack();
__attribute__((weak)) int __asan_address_is_poisoned(const volatile void*);
}

namespace heddle::sim::runtime {
namespace {

// Below the lowest address that libc's own block may begin at, so that no neighbour is met.
constexpr size_t kEdge = 64 << 10;

bool IsGone(uintptr_t address, const void* argument) {
  const auto* thread = static_cast<const Thread*>(argument);
  const auto end = static_cast<uintptr_t>(thread->context.fs_base);
  if (thread->stack_size > kEdge && address >= end - (thread->stack_size - kEdge) &&
      address < end) {
    return true;
  }
  // Variables of functions that have returned lie elsewhere. Addresses of the kernel's own, such as
  // those of threads, are small and no memory.
  constexpr uintptr_t kLowest = 0x10000;
  return __asan_address_is_poisoned != nullptr && address >= kLowest &&
         __asan_address_is_poisoned(reinterpret_cast<const void*>(address)) != 0;
}

}  // namespace

void ForgetThreadMemory(const Thread* self) { ForgetObjectsThat(IsGone, self); }

void PrepareSanitizerThread() {
  if (__asan_get_current_fake_stack != nullptr) __asan_get_current_fake_stack();
}

}  // namespace heddle::sim::runtime
