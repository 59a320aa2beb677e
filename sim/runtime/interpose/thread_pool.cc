#include "sim/runtime/interpose/thread_pool.h"

#include <sys/mman.h>

#include <new>

#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/thread.h"

HEDDLE_REAL(pthread_join, int, pthread_t, void**)

namespace heddle::sim::runtime {
namespace {

// Joinable threads of one execution, the finished ones included.
constexpr uint32_t kMaxThreadsKept = 1 << 16;

// Every thread that may still be joined, in order of creation: a list through `older` and `newer`.
HEDDLE_HOT constinit Thread* newest = nullptr;
HEDDLE_HOT constinit uint32_t known_count = 0;
HEDDLE_HOT constinit Thread* pool[kMaxLiveThreads] = {};
HEDDLE_HOT constinit uint32_t pool_count = 0;
constinit Thread* spare[kMaxLiveThreads] = {};  // Thread objects whose kernel thread is gone
HEDDLE_HOT constinit uint32_t spare_count = 0;

void Forget(Thread* thread) {
  if (!thread->known) return;
  thread->known = false;
  (thread->newer != nullptr ? thread->newer->older : newest) = thread->older;
  if (thread->older != nullptr) thread->older->newer = thread->newer;
  --known_count;
}

}  // namespace

Thread* FindThread(pthread_t handle) {
  for (Thread* thread = newest; thread != nullptr; thread = thread->older) {
    if (thread->handle == handle) return thread;
  }
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {  // the main thread is only here
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->handle == handle) return thread;
  }
  return nullptr;
}

void Remember(Thread* thread) {
  if (known_count == kMaxThreadsKept) {
    Fail(FailureKind::kLimit, "more than %u threads not joined", kMaxThreadsKept);
  }
  ++known_count;
  thread->known = true;
  thread->older = newest;
  thread->newer = nullptr;
  if (newest != nullptr) newest->newer = thread;
  newest = thread;
}

void Recycle(Thread* thread) {
  KERNEL_CHECK(thread->finished && !thread->alive, "a thread that serves again has finished");
  Forget(thread);
  thread->finished = false;
  if (thread->pooled) {
    if (kIsAsan) return;
    if (pool_count < kMaxLiveThreads) pool[pool_count++] = thread;
  } else if (spare_count < kMaxLiveThreads) {
    spare[spare_count++] = thread;
  }
}

Thread* NewThread() {
  if (spare_count > 0) {
    Thread* thread = spare[--spare_count];
    char* home = thread->home_stack;
    *thread = Thread{};
    thread->home_stack = home;
    return thread;
  }
  Thread* thread = static_cast<Thread*>(AllocatePrivate(sizeof(Thread)));
  new (thread) Thread;
  thread->home_stack = reinterpret_cast<char*>(MapOwn(kHomeStackSize, MAP_PRIVATE | MAP_ANONYMOUS));
  return thread;
}

Thread* TakePooledThread() {
  if (pool_count == 0) return nullptr;
  Thread* thread = pool[--pool_count];  // in tsan as libc does with stacks
  KERNEL_CHECK(thread->pooled && !thread->alive, "a thread in the pool is kept and not alive");
  return thread;
}

void GivePooledThread(Thread* thread) {
  KERNEL_CHECK(pool_count < kMaxLiveThreads, "the pool has room for threads made in advance");
  pool[pool_count++] = thread;
}

uint32_t LeakedThreads(ThreadNumber* first) {
  uint32_t leaked = 0;
  for (const Thread* thread = newest; thread != nullptr; thread = thread->older) {
    if (thread->detached) continue;
    ++leaked;
    *first = thread->number;
  }
  return leaked;
}

void ForgetThreads(const Thread* self) {
  pool_count = spare_count = known_count = 0;
  newest = nullptr;
  if (self->handle != 0) Remember(const_cast<Thread*>(self));
}

void ResetThreads() {
  while (newest != nullptr) {
    Thread* thread = newest;
    if (!thread->finished) break;
    if (!thread->pooled) REAL(pthread_join)(thread->handle, nullptr);
    Recycle(thread);
  }
  // The pool's order is part of the state an execution starts from (which thread gets which stack).
  for (uint32_t i = 1; i < pool_count; ++i) {
    Thread* thread = pool[i];
    uint32_t j = i;
    for (; j > 0 && pool[j - 1]->kernel_id < thread->kernel_id; --j) pool[j] = pool[j - 1];
    pool[j] = thread;
  }
}

}  // namespace heddle::sim::runtime
