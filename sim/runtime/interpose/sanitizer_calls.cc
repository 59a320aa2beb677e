// The sanitizers' own system calls, of their common runtime (sanitizer_posix.h, sanitizer_futex.h):
// in a worker (serve/worker.h), where each system call is looked at, these come to the guard by a
// call instead of a trap, which costs a hundred times as much. The linker's --wrap leads them here.
#include "sim/runtime/interpose/sanitizer_calls.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/own_mapping.h"

// HEDDLE_SANITIZER_CALL(symbol, result, function, parameters): declares the sanitizer's
// function, as `heddle_real_` and its name, and begins the definition of what is called instead.
#define HEDDLE_SANITIZER_CALL(symbol, result, function, parameters)                         \
  extern "C" {                                                                              \
  result heddle_real_##function parameters __asm__("__real_" symbol) __attribute__((weak)); \
  __attribute__((visibility("default"), used))                                              \
  result heddle_##function parameters __asm__("__wrap_" symbol);                            \
  }                                                                                         \
  result heddle_##function parameters

// The linker's, of the executable.
extern "C" const char __executable_start, _end;

namespace heddle::sim::runtime {
namespace {

// Of a worker's own, which a restore puts back with all that is in it; `next` too.
struct OwnRange {
  uintptr_t begin = 0, next = 0, end = 0;
};
constinit OwnRange own_range;
constexpr size_t kMapUnit = 4096, kOwnRangeSize = size_t{256} << 20;
// A part of a thread's history (ThreadSanitizer's TracePart).
constexpr size_t kHistoryPart = size_t{256} << 10;
// Blocks of the program that the sanitizers map one by one are larger.
constexpr size_t kSmall = size_t{128} << 10;

// What the sanitizer maps for itself. Not blocks of the program, which an access must not find any
// more once they are freed: they are mapped without MAP_NORESERVE.
bool IsForItself(size_t size, int flags) {
  return (flags & MAP_FIXED) == 0 &&
         ((flags & MAP_NORESERVE) != 0 || size < kSmall || size == kHistoryPart);
}

bool IsGuarded() { return __builtin_expect(system_call_guard != nullptr, 0); }

}  // namespace

bool PrepareSanitizerMemory() {
  const long begin = MapOwn(kOwnRangeSize, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  if (SystemCallFailed(begin)) return false;
  own_range.begin = own_range.next = static_cast<uintptr_t>(begin);
  own_range.end = own_range.begin + kOwnRangeSize;
  return true;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are the sanitizers'

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer13internal_mmapEPvmiiiy", uintptr_t, internal_mmap,
                      (void* address, uintptr_t size, int access, int flags, int file,
                       unsigned long long offset)) {
  if (!IsGuarded()) return heddle_real_internal_mmap(address, size, access, flags, file, offset);
  const bool usable = access == (PROT_READ | PROT_WRITE) && address == nullptr && file == -1;
  if (usable && IsForItself(size, flags) && size < own_range.end - own_range.next) {
    const uintptr_t mapped = own_range.next;
    own_range.next += (size + kMapUnit - 1) & ~(kMapUnit - 1);
    return mapped;
  }
  return static_cast<uintptr_t>(RawSyscall(SYS_mmap, AsWord(address), static_cast<long>(size),
                                           access, flags, file, static_cast<long>(offset)));
}

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer15internal_munmapEPvm", uintptr_t, internal_munmap,
                      (void* address, uintptr_t size)) {
  if (!IsGuarded()) return heddle_real_internal_munmap(address, size);
  const auto begin = reinterpret_cast<uintptr_t>(address);
  const bool own = begin >= own_range.begin && begin < own_range.next;
  if (own && size != kHistoryPart) return 0;  // nobody gets it again in this execution
  return static_cast<uintptr_t>(RawSyscall(SYS_munmap, AsWord(address), static_cast<long>(size)));
}

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer16internal_madviseEmmi", int, internal_madvise,
                      (uintptr_t address, uintptr_t size, int advice)) {
  if (!IsGuarded()) return heddle_real_internal_madvise(address, size, advice);
  if (address >= own_range.begin && address < own_range.next && advice != MADV_DONTNEED) return 0;
  return static_cast<int>(
      RawSyscall(SYS_madvise, static_cast<long>(address), static_cast<long>(size), advice));
}

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer6GetTidEv", unsigned long long, GetTid, ()) {
  if (!IsGuarded()) return heddle_real_GetTid();
  return static_cast<unsigned long long>(RawSyscall(SYS_gettid));
}

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer9FutexWaitEPNS_15atomic_uint32_tEj", void, FutexWait,
                      (void* word, uint32_t expected)) {
  if (!IsGuarded()) return heddle_real_FutexWait(word, expected);
  RawSyscall(SYS_futex, AsWord(word), FUTEX_WAIT_PRIVATE, expected, 0);
}

HEDDLE_SANITIZER_CALL("_ZN11__sanitizer9FutexWakeEPNS_15atomic_uint32_tEj", void, FutexWake,
                      (void* word, uint32_t count)) {
  if (!IsGuarded()) heddle_real_FutexWake(word, count);
  // In a worker all threads run on one kernel thread: nobody sleeps there.
}

// UndefinedBehaviorSanitizer looks at the type of each object once in a process: in a worker, in
// each execution anew. Theirs makes a pipe for it.
HEDDLE_SANITIZER_CALL("_ZN11__sanitizer23IsAccessibleMemoryRangeEmm", bool, IsAccessibleMemoryRange,
                      (uintptr_t begin, uintptr_t size)) {
  if (!IsGuarded()) return heddle_real_IsAccessibleMemoryRange(begin, size);
  constexpr uintptr_t kPage = 4096;
  for (uintptr_t at = begin; at < begin + size; at = (at | (kPage - 1)) + 1) {
    // A call that fails anyway, behind a look at the set of signals.
    constexpr long kNoHow = -1;
    const auto word = static_cast<long>(at & ~(sizeof(uint64_t) - 1));
    if (UnguardedSyscall(SYS_rt_sigprocmask, kNoHow, word, 0, sizeof(uint64_t)) == -EFAULT) {
      return false;
    }
  }
  return true;
}

// ThreadSanitizer's own thread: in a worker there is none (tsan_threads.h).
HEDDLE_SANITIZER_CALL("_ZN11__sanitizer21internal_start_threadEPFPvS0_ES0_", void*,
                      internal_start_thread, (void* (*function)(void*), void* argument)) {
  return IsGuarded() ? nullptr : heddle_real_internal_start_thread(function, argument);
}

// At the end of the executable's own destructors, which takes long and changes nothing for what
// still runs: its globals stay. (Those of a library may be called to unload it.)
HEDDLE_SANITIZER_CALL("__asan_unregister_globals", void, unregister_globals,
                      (void* globals, uintptr_t count)) {
  const auto* at = static_cast<const char*>(globals);
  const bool executables = at >= &__executable_start && at < &_end;
  if (kernel.execution.exiting != nullptr && executables) return;
  heddle_real_unregister_globals(globals, count);
}
