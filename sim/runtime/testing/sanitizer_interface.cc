// What programs tell and ask the sanitizers links in every flavour, and answers as the
// documentation of the interfaces says.
#include <sanitizer/allocator_interface.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/linux_syscall_hooks.h>
#include <sanitizer/lsan_interface.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "sim/runtime/testing/check.h"

extern "C" {
void AnnotateHappensBefore(const char* file, int line, const volatile void* address);
void AnnotateHappensAfter(const char* file, int line, const volatile void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateRWLockCreate(const char* file, int line, const volatile void* lock);
int RunningOnValgrind();
// What other compilers than ours call for copies.
void* __tsan_memcpy(void* to, const void* from, size_t size);
void* __tsan_memmove(void* to, const void* from, size_t size);
void* __tsan_memset(void* to, int byte, size_t size);
// What a report asks for the stack of its thread: GetThreadStackTopAndBottom(). Null in det.
__attribute__((weak)) void StackOfReport(bool at_start, uintptr_t* top, uintptr_t* bottom) __asm__(
    "_ZN11__sanitizer26GetThreadStackTopAndBottomEbPmS0_");
}

namespace {

// A lock that ThreadSanitizer knows by its announcements only.
class Announced {
 public:
  Announced() { __tsan_mutex_create(this, __tsan_mutex_not_static); }
  ~Announced() { __tsan_mutex_destroy(this, __tsan_mutex_not_static); }
  void lock() {
    __tsan_mutex_pre_lock(this, 0);
    while (taken_.exchange(true, std::memory_order_relaxed)) std::this_thread::yield();
    __tsan_mutex_post_lock(this, 0, 1);
  }
  void unlock() {
    __tsan_mutex_pre_unlock(this, 0);
    taken_.store(false, std::memory_order_relaxed);
    __tsan_mutex_post_unlock(this, 0);
  }

 private:
  std::atomic<bool> taken_{false};
};

Announced lock;
int guarded = 0;
int handed_over = 0;
std::atomic<bool> ready{false};

void Count() {
  for (int i = 0; i < 3; ++i) {
    lock.lock();
    ++guarded;
    lock.unlock();
  }
}

// Relaxed, so that only the announcement orders the two.
void HandOver() {
  handed_over = 1;
  __tsan_release(&ready);
  ready.store(true, std::memory_order_relaxed);
}
void TakeOver() {
  while (!ready.load(std::memory_order_relaxed)) std::this_thread::yield();
  __tsan_acquire(&ready);
  CHECK(handed_over == 1);
}

void AskAllocator() {
  void* block = malloc(100);
  CHECK(__sanitizer_get_ownership(block) == 1);
  CHECK(__sanitizer_get_allocated_size(block) >= 100);
  __lsan_ignore_object(block);
  CHECK(__asan_address_is_poisoned(block) == 0);
  CHECK(__asan_region_is_poisoned(block, 100) == nullptr);
  __asan_poison_memory_region(block, 8);
  __asan_unpoison_memory_region(block, 8);
  memset(block, 1, 100);
  free(block);
  int local = 0;
  static char text[64] = "no block";
  for (const void* other :
       {static_cast<const void*>(&local), static_cast<const void*>(text + 16),
        static_cast<const void*>(nullptr), reinterpret_cast<const void*>(AskAllocator),
        reinterpret_cast<const void*>(uintptr_t{16}),
        reinterpret_cast<const void*>(uintptr_t{1} << 62)}) {
    CHECK(__sanitizer_get_ownership(other) == 0);
  }
}

void Switch() {
  void* own = __tsan_get_current_fiber();
  void* fiber = __tsan_create_fiber(0);
  CHECK(own != nullptr && fiber != nullptr && own != fiber);
  __tsan_set_fiber_name(fiber, "fiber");
  __tsan_switch_to_fiber(fiber, 0);
  CHECK(__tsan_get_current_fiber() == fiber);
  __tsan_switch_to_fiber(own, 0);
  CHECK(__tsan_get_current_fiber() == own);
  __tsan_destroy_fiber(fiber);
}

void Copy() {
  char a[4], b[4] = {};
  CHECK(__tsan_memset(a, 7, sizeof a) == a);
  CHECK(__tsan_memcpy(b, a, sizeof a) == b && b[3] == 7);
  b[0] = 1;
  CHECK(__tsan_memmove(b + 1, b, 3) == b + 1 && b[1] == 1 && b[3] == 7);
}

#if !__has_feature(address_sanitizer)
// No atomic: all flavours have the same points.
int freed = 0;

// A report's own blocks are none of ThreadSanitizer's, whose locks another report may hold.
void ReportWithoutAllocator() {
  if (StackOfReport == nullptr) return;
  CHECK(__sanitizer_install_malloc_and_free_hooks([](const volatile void*, size_t) {},
                                                  [](const volatile void*) { ++freed; }) > 0);
  uintptr_t top = 0, bottom = 0;
  const int before = freed;
  StackOfReport(false, &top, &bottom);
  CHECK(freed == before);
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  CHECK(bottom < here && here < top);
}
#else
void ReportWithoutAllocator() {}
#endif

}  // namespace

int main() {
  std::thread a(Count), b(Count), c(HandOver), d(TakeOver);
  a.join(), b.join(), c.join(), d.join();
  CHECK(guarded == 6);
  AskAllocator();
  ReportWithoutAllocator();
  Switch();
  Copy();
  { const __lsan::ScopedDisabler disabler; }
  __sanitizer_syscall_pre_close(0);
  __sanitizer_syscall_post_close(0, 0);
  AnnotateHappensBefore(__FILE__, __LINE__, &guarded);
  AnnotateHappensAfter(__FILE__, __LINE__, &guarded);
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  AnnotateRWLockCreate(__FILE__, __LINE__, &lock);
  CHECK(RunningOnValgrind() == 0);
  char unaligned[16] = {};
  __sanitizer_unaligned_store32(unaligned + 1, 0x01020304);
  CHECK(__sanitizer_unaligned_load32(unaligned + 1) == 0x01020304);
}
