#include "sim/runtime/interpose/thread_pool.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/thread.h"

HEDDLE_REAL(pthread_join, int, pthread_t, void**)

namespace heddle::sim::runtime {
namespace {

// Joinable threads of one execution, the finished ones included: 512 KB of table.
constexpr uint32_t kMaxThreadsKept = 1 << 16;

// Every thread that may still be joined, in order of creation.
constinit Thread* known[kMaxThreadsKept] = {};
constinit uint32_t known_count = 0;
constinit Thread* pool[kMaxLiveThreads] = {};
constinit uint32_t pool_count = 0;
constinit Thread* spare[kMaxLiveThreads] = {};  // Thread objects whose kernel thread is gone
constinit uint32_t spare_count = 0;

void Forget(Thread* thread) {
  for (uint32_t i = 0; i < known_count; ++i) {
    if (known[i] != thread) continue;
    memmove(known + i, known + i + 1, (known_count - i - 1) * sizeof known[0]);
    --known_count;
    break;
  }
}

}  // namespace

Thread* FindThread(pthread_t handle) {
  for (uint32_t i = known_count; i-- > 0;) {
    if (known[i]->handle == handle) return known[i];
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
  known[known_count++] = thread;
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
  for (uint32_t i = 0; i < known_count; ++i) {
    if (known[i]->detached) continue;
    if (leaked++ == 0) *first = known[i]->number;
  }
  return leaked;
}

void ForgetThreads(const Thread* self) {
  pool_count = spare_count = known_count = 0;
  if (self->handle != 0) known[known_count++] = const_cast<Thread*>(self);
}

void ResetThreads() {
  while (known_count > 0) {
    Thread* thread = known[known_count - 1];
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
