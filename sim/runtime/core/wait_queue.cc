#include "sim/runtime/core/wait_queue.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/lost_signals.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

struct WaitQueue {
  const void* address = nullptr;
  uint32_t length = 0;   // threads queued; 0: free
  uint32_t wakeups = 0;  // offered and not taken
};
// A queue that is in use holds a thread, and a thread is in one queue.
constinit WaitQueue queues[kMaxLiveThreads];

WaitQueue* FindQueue(const void* address) {
  for (WaitQueue& queue : queues) {
    if (queue.length != 0 && queue.address == address) return &queue;
  }
  return nullptr;
}

WaitQueue* FindFree() {
  for (WaitQueue& queue : queues) {
    if (queue.length == 0) return &queue;
  }
  return nullptr;
}

// Of all threads that are alive, those that are queued there.
template <typename Function>
void ForEachQueued(const void* address, Function function) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->queued && thread->wait_address == address) function(thread);
  }
}

// Recounts: see the header for what holds.
void CheckQueue(const WaitQueue& queue) {
  uint32_t length = 0, eligible = 0;
  ForEachQueued(queue.address, [&](const Thread* thread) {
    ++length;
    if (thread->eligible) ++eligible;
  });
  KERNEL_CHECK(length == queue.length, "a wait queue counts the threads that are queued");
  KERNEL_CHECK(queue.wakeups <= eligible, "every wake-up was offered to a thread that waits");
}

}  // namespace

void QueueJoin(Thread* self, const void* address, uint64_t tag) {
  KERNEL_CHECK(!self->queued, "a thread is in one wait queue at a time");
  WaitQueue* queue = FindQueue(address);
  if (queue == nullptr) {
    queue = FindFree();
    KERNEL_CHECK(queue != nullptr, "there is a wait queue for every thread that is alive");
    queue->address = address;
    queue->wakeups = 0;
  }
  ++queue->length;
  self->wait_address = address;
  self->wait_value = tag;
  self->queued = true;
  self->eligible = false;
  CheckQueue(*queue);
}

bool QueueReady(Thread* self) {
  if (!self->queued || !self->eligible) return false;
  const WaitQueue* queue = FindQueue(self->wait_address);
  return queue != nullptr && queue->wakeups > 0;
}

void QueueLeave(Thread* self, bool woken) {
  WaitQueue* queue = FindQueue(self->wait_address);
  KERNEL_CHECK(self->queued && queue != nullptr, "a thread that leaves a wait queue is in one");
  KERNEL_CHECK(!woken || (self->eligible && queue->wakeups > 0),
               "a thread that was woken takes a wake-up that it was offered");
  self->queued = false;
  self->eligible = false;
  --queue->length;
  if (woken) {
    --queue->wakeups;
    if (queue->wakeups == 0) {
      ForEachQueued(queue->address, [](Thread* thread) { thread->eligible = false; });
    }
  }
  CheckQueue(*queue);
  if (woken) Changed(queue->address);
}

uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag) {
  WaitQueue* queue = FindQueue(address);
  if (queue == nullptr) {
    NoteLostSignal(address);
    return 0;
  }
  uint32_t eligible = 0;
  ForEachQueued(address, [&](Thread* thread) {
    if ((thread->wait_value & tag) != 0) thread->eligible = true;
    if (thread->eligible) ++eligible;
  });
  const uint32_t before = queue->wakeups;
  KERNEL_CHECK(before <= eligible, "every wake-up was offered to a thread that waits");
  queue->wakeups = eligible - before < count ? eligible : before + count;
  CheckQueue(*queue);
  Changed(address);
  if (queue->wakeups == before) NoteLostSignal(address);
  return queue->wakeups - before;
}

uint32_t QueueLength(const void* address) {
  const WaitQueue* queue = FindQueue(address);
  return queue == nullptr ? 0 : queue->length;
}

uint32_t QueueAsleep(const void* address) {
  const WaitQueue* queue = FindQueue(address);
  return queue == nullptr ? 0 : queue->length - queue->wakeups;
}

uint32_t QueueMove(const void* from, const void* to, uint32_t count) {
  uint32_t moved = 0;
  for (uint32_t i = 0; i < kernel.threads.slot_end && moved < count; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || !thread->queued || thread->eligible || thread->wait_address != from) {
      continue;
    }
    const uint64_t tag = thread->wait_value;
    QueueLeave(thread, false);
    QueueJoin(thread, to, tag);
    ++moved;
  }
  return moved;
}

void ForgetQueues() {
  for (WaitQueue& queue : queues) queue = WaitQueue{};
}

}  // namespace heddle::sim::runtime
