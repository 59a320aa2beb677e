// How ThreadSanitizer's threads begin and end in a worker (tsan_threads.h). A program that asks for
// a thread's attributes has libc's answer.
#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/interpose/tsan_threads.h"

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/thread_locals.h"
#include "sim/runtime/interpose/thread_pool.h"

HEDDLE_REAL(pthread_create, int, pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)
HEDDLE_REAL(pthread_getattr_np, int, pthread_t, pthread_attr_t*)

extern "C" {
// What ThreadSanitizer calls of libc (its interceptors' REAL(), since its first version), and the
// function that it has libc run in a new thread. Null where it is a library of its own.
extern int (*heddle_tsan_create)(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                 void*) __asm__("_ZN14__interception19real_pthread_createE")
    __attribute__((weak));
extern int (*heddle_tsan_join)(pthread_t, void**) __asm__("_ZN14__interception17real_pthread_joinE")
    __attribute__((weak));
extern int (*heddle_tsan_detach)(pthread_t) __asm__("_ZN14__interception19real_pthread_detachE")
    __attribute__((weak));
__attribute__((weak)) void* __tsan_thread_start_func(void*);
}

namespace heddle::sim::runtime {

thread_local constinit bool tls_makes_thread = false;

namespace {

// By the rules of older schedules ThreadSanitizer has its own thread, and sees libc allocate for
// threads.
constexpr uint32_t kFirstToHide = 9;

// --- Blocks of libc's ---

// A table has 16 bytes for each library with thread_local storage. Where there is no room,
// ThreadSanitizer's allocator has.
constexpr size_t kBlockSize = 8 << 10, kBlocks = 2 * kMaxLiveThreads;
constinit char* blocks = nullptr;
constinit size_t blocks_used = 0;
constinit void* spare_blocks = nullptr;  // a list through their first words

// --- Guests ---

// What ThreadSanitizer wants to have run, on `guest`, which has not begun yet; null: nothing.
struct Beginning {
  Thread* guest = nullptr;
  void* (*function)(void*) = nullptr;
  void* argument = nullptr;
};
constinit Beginning beginning;
constinit Thread* next_guest = nullptr;  // for pthread_create() that is under way

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
constinit Create libcs_create = nullptr;

// It does without its own thread then.
int CreateNone(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) { return EAGAIN; }

int CreateForTsan(pthread_t* handle, const pthread_attr_t*, void* (*function)(void*),
                  void* argument) {
  if (function != __tsan_thread_start_func) return EAGAIN;
  KERNEL_CHECK(next_guest != nullptr && beginning.guest == nullptr, "one guest begins at a time");
  beginning = {next_guest, function, argument};
  *handle = next_guest->handle;
  next_guest = nullptr;
  return 0;
}

int JoinForTsan(pthread_t handle, void** result) {
  const Thread* thread = FindThread(handle);
  KERNEL_CHECK(thread != nullptr && thread->finished, "a guest is joined when it has finished");
  if (result != nullptr) *result = thread->result;
  return 0;
}

int DetachForTsan(pthread_t) { return 0; }

// ThreadSanitizer asks for a stack next.
HEDDLE_HOT constinit bool guest_begins = false;

// On the guest's stack, each time it serves.
[[noreturn]] void RunGuest(Thread* self) {
  for (;;) {
    KERNEL_CHECK(beginning.guest == self, "a guest runs what it was made for");
    const Beginning mine = beginning;
    beginning = {};
    guest_begins = true;
    mine.function(mine.argument);
    RunEarlyKeyDestructors();
    SwitchContext(self, kernel.threads.current);
    tls_self = self;
    ResetTls(self);
    tls_self = nullptr;
  }
}

}  // namespace

MakesThread::MakesThread() { tls_makes_thread = kernel.request.rules >= kFirstToHide; }
MakesThread::~MakesThread() { tls_makes_thread = false; }

void* AllocateForThread(size_t size) {
  if (blocks == nullptr) blocks = static_cast<char*>(ReservePrivate(kBlockSize * kBlocks));
  if (size > kBlockSize) return nullptr;
  if (void* block = spare_blocks; block != nullptr) {
    memcpy(&spare_blocks, block, sizeof spare_blocks);
    memset(block, 0, kBlockSize);
    return block;
  }
  return blocks_used < kBlocks ? blocks + kBlockSize * blocks_used++ : nullptr;
}

bool IsForThread(const void* memory) {
  const auto* block = static_cast<const char*>(memory);
  return block >= blocks && block < blocks + kBlockSize * blocks_used;
}

void* ReallocateForThread(void* memory, size_t size) {
  if (size <= kBlockSize) return memory;
  void* const larger = RealMalloc(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, memory, kBlockSize);
  FreeForThread(memory);
  return larger;
}

void FreeForThread(void* memory) {
  memcpy(memory, &spare_blocks, sizeof spare_blocks);
  spare_blocks = memory;
}

WithoutTsansThread::WithoutTsansThread()
    : takes_part_(&heddle_tsan_create != nullptr && kernel.control->spec.rules >= kFirstToHide) {
  if (!takes_part_) return;
  libcs_create = heddle_tsan_create;
  heddle_tsan_create = CreateNone;
}
WithoutTsansThread::~WithoutTsansThread() {
  if (takes_part_) heddle_tsan_create = libcs_create;
}

bool TakeOverTsanThreads() {
  if (&heddle_tsan_create == nullptr || &heddle_tsan_join == nullptr ||
      &heddle_tsan_detach == nullptr || __tsan_thread_start_func == nullptr) {
    return false;
  }
  heddle_tsan_create = CreateForTsan;
  heddle_tsan_join = JoinForTsan;
  heddle_tsan_detach = DetachForTsan;
  return true;
}

void* GuestMain(void* raw) {
  Thread* self = static_cast<Thread*>(raw);
  self->kernel_id = KernelThreadId();
  ReleaseTimeStampCounter();
  ParkForAdoption(&self->context, self->home_stack + kHomeStackSize - 64);
  RunGuest(self);
}

__attribute__((noinline)) int CreateNoted(pthread_t* handle, const pthread_attr_t* attributes,
                                          void* (*function)(void*), void* argument) {
  const int error = REAL(pthread_create)(handle, attributes, function, argument);
  asm volatile("" : : "r"(error));  // it returns here
  return error;
}

int CreateGuest(Thread* thread, const pthread_attr_t* attributes, void* (*function)(void*)) {
  next_guest = thread;
  pthread_t handle;
  const int error = CreateNoted(&handle, attributes, function, thread);
  KERNEL_CHECK(error != 0 || beginning.guest == nullptr, "pthread_create() waits for its thread");
  next_guest = nullptr;
  return error;
}

bool BeginAwaitedGuest() {
  if (beginning.guest == nullptr) return false;
  SwitchContext(kernel.threads.current, beginning.guest);
  return true;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the function below is libc's

// ThreadSanitizer asks when a thread begins, and libc looks at its processors, too. That system
// call passes in a worker: a trap would take longer than all else. (It must stay libc's function:
// ThreadSanitizer sees it allocate, as in a fork.)
INTERPOSE(int, pthread_getattr_np, pthread_t handle, pthread_attr_t* attributes) {
  const char selector = system_call_trap.selector;
  if (guest_begins) system_call_trap.selector = kPassCalls;
  guest_begins = false;
  const int error = REAL(pthread_getattr_np)(handle, attributes);
  system_call_trap.selector = selector;
  return error;
}

#endif  // HEDDLE_FLAVOUR_TSAN
