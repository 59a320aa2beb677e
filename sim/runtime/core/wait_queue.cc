#include "sim/runtime/core/wait_queue.h"

#include <sys/mman.h>

#include <algorithm>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/lost_signals.h"
#include "sim/runtime/core/own_mapping.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

struct WaitQueue {
  const void* address = nullptr;
  uint32_t length = 0;   // threads queued; 0: free
  uint32_t wakeups = 0;  // offered and not taken
};

// A queue that is in use holds a thread, and a thread is in one queue.
struct Queues {
  // Behind the last waiter, and the last queue, that was ever in use.
  uint32_t end = 0, queue_end = 0;
  // Side by side (hot.h); they have nothing to do with each other.
  struct Entry {
    WaitQueue queue;
    QueueWaiter waiter;  // of this process: by slot
  };
  Entry entries[kMaxLiveThreads];

  QueueWaiter& waiter(uint32_t i) { return entries[i].waiter; }
  bool Has(const QueueWaiter* waiter) const {
    return waiter >= &entries[0].waiter && waiter <= &entries[kMaxLiveThreads - 1].waiter;
  }

  WaitQueue* Find(const void* address) {
    for (uint32_t i = 0; i < queue_end; ++i) {
      WaitQueue& queue = entries[i].queue;
      if (queue.length != 0 && queue.address == address) return &queue;
    }
    return nullptr;
  }

  WaitQueue* FindFree() {
    for (uint32_t i = 0; i < kMaxLiveThreads; ++i) {
      if (entries[i].queue.length != 0) continue;
      queue_end = std::max(queue_end, i + 1);
      return &entries[i].queue;
    }
    return nullptr;
  }

  template <typename Function>
  void ForEachAt(const void* address, Function function) {
    for (uint32_t i = 0; i < end; ++i) {
      if (waiter(i).address == address) function(waiter(i));
    }
  }

  void Join(QueueWaiter* waiter, const void* address) {
    WaitQueue* queue = Find(address);
    if (queue == nullptr) {
      queue = FindFree();
      KERNEL_CHECK(queue != nullptr, "there is a wait queue for every thread that is alive");
      queue->address = address;
      queue->wakeups = 0;
    }
    ++queue->length;
    waiter->address = address;
    waiter->eligible = false;
    Check(*queue);
  }

  void Leave(QueueWaiter* waiter, bool woken) {
    WaitQueue* queue = Find(waiter->address);
    KERNEL_CHECK(queue != nullptr, "a waiter is in a queue");
    KERNEL_CHECK(!woken || (waiter->eligible && queue->wakeups > 0),
                 "a thread that was woken takes a wake-up that it was offered");
    waiter->address = nullptr;
    --queue->length;
    if (woken && --queue->wakeups == 0) {
      ForEachAt(queue->address, [](QueueWaiter& other) { other.eligible = false; });
    }
    Check(*queue);
    // LeakSanitizer would take it for a pointer.
    if (queue->length == 0) queue->address = nullptr;
  }

  // Recounts: see the header for what holds.
  void Check(const WaitQueue& queue) {
    uint32_t length = 0, eligible = 0;
    ForEachAt(queue.address, [&](const QueueWaiter& waiter) {
      ++length;
      if (waiter.eligible) ++eligible;
    });
    KERNEL_CHECK(length == queue.length, "a wait queue counts the threads that are queued");
    KERNEL_CHECK(queue.wakeups <= eligible, "every wake-up was offered to a thread that waits");
  }
};

alignas(kHotPage) constinit Queues own_queues;
constinit Queues* shared = nullptr;

// Before MapSharedQueues() there are no other processes.
Queues& QueuesOf(Sharing sharing) {
  return sharing == Sharing::kShared && shared != nullptr ? *shared : own_queues;
}
Queues& QueuesWith(const QueueWaiter* waiter) {
  return own_queues.Has(waiter) ? own_queues : *shared;
}

QueueWaiter* FreeWaiter(Queues& queues, const Thread* thread) {
  uint32_t i = thread->slot;
  if (&queues == shared) {
    i = 0;
    while (i < kMaxLiveThreads && shared->waiter(i).address != nullptr) ++i;
    if (i == kMaxLiveThreads) {
      Fail(FailureKind::kLimit, "more than %u threads wait for objects that processes share",
           kMaxLiveThreads);
    }
  }
  queues.end = std::max(queues.end, i + 1);
  return &queues.waiter(i);
}

// Those that wait at `address` may be able to go on, or not any more.
void TellOf(const Queues& queues, const void* address) {
  Changed(address);
  if (&queues == shared) IoChanged();  // asks child processes, too
}

}  // namespace

void QueueJoin(Thread* self, const void* address, uint64_t tag, Sharing sharing) {
  KERNEL_CHECK(self->waiter == nullptr, "a thread is in one wait queue at a time");
  Queues& queues = QueuesOf(sharing);
  self->waiter = FreeWaiter(queues, self);
  self->waiter->tag = tag;
  self->waiter->process = OwnProcessNumber();
  self->waiter->slot = self->slot;
  self->waiter->since = kernel.log.points;
  self->wait_address = address;
  queues.Join(self->waiter, address);
}

bool QueueReady(Thread* self) {
  if (self->waiter == nullptr || !self->waiter->eligible) return false;
  const WaitQueue* queue = QueuesWith(self->waiter).Find(self->waiter->address);
  return queue != nullptr && queue->wakeups > 0;
}

void QueueLeave(Thread* self, bool woken) {
  QueueWaiter* waiter = self->waiter;
  KERNEL_CHECK(waiter != nullptr, "a thread that leaves a wait queue is in one");
  const void* address = waiter->address;
  Queues& queues = QueuesWith(waiter);
  queues.Leave(waiter, woken);
  self->waiter = nullptr;
  if (!woken) return;
  NoteWoken(address, self);
  TellOf(queues, address);
}

uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag, Sharing sharing) {
  Queues& queues = QueuesOf(sharing);
  WaitQueue* queue = queues.Find(address);
  if (queue == nullptr) {
    NoteLostSignal(address);
    return 0;
  }
  uint32_t eligible = 0;
  queues.ForEachAt(address, [&](QueueWaiter& waiter) {
    if ((waiter.tag & tag) != 0) waiter.eligible = true;
    if (waiter.eligible) ++eligible;
  });
  const uint32_t before = queue->wakeups;
  KERNEL_CHECK(before <= eligible, "every wake-up was offered to a thread that waits");
  queue->wakeups = eligible - before < count ? eligible : before + count;
  queues.Check(*queue);
  const uint32_t woken = queue->wakeups - before;
  TellOf(queues, address);
  if (woken == 0) {
    NoteLostSignal(address);
  } else if (queue->wakeups < eligible) {
    NoteContendedSignal(address);
  }
  return woken;
}

uint32_t QueueLength(const void* address, Sharing sharing) {
  const WaitQueue* queue = QueuesOf(sharing).Find(address);
  return queue == nullptr ? 0 : queue->length;
}

uint32_t QueueAsleep(const void* address, Sharing sharing) {
  const WaitQueue* queue = QueuesOf(sharing).Find(address);
  return queue == nullptr ? 0 : queue->length - queue->wakeups;
}

uint32_t QueueMove(const void* from, const void* to, uint32_t count, Sharing sharing) {
  Queues& queues = QueuesOf(sharing);
  uint32_t moved = 0;
  queues.ForEachAt(from, [&](QueueWaiter& waiter) {
    if (waiter.eligible || moved == count) return;
    queues.Leave(&waiter, false);
    queues.Join(&waiter, to);
    if (waiter.process == OwnProcessNumber()) {
      kernel.threads.slots[waiter.slot]->wait_address = to;
    }
    ++moved;
  });
  return moved;
}

void MapSharedQueues() {
  const long address = MapOwn(sizeof(Queues), MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
  KERNEL_CHECK(address > 0, "there is memory for the queues that processes share");
  shared = reinterpret_cast<Queues*>(address);
}

void ResetSharedQueues() {
  if (shared == nullptr || shared->end == 0) return;
  *shared = Queues();
}

void ForgetQueues() { own_queues = Queues(); }

void LeaveSharedQueues(int process) {
  if (shared == nullptr) return;
  for (uint32_t i = 0; i < shared->end; ++i) {
    QueueWaiter& waiter = shared->waiter(i);
    if (waiter.address == nullptr || waiter.process != process) continue;
    WaitQueue* queue = shared->Find(waiter.address);
    // A wake-up that it was the last to be offered is gone with it.
    uint32_t eligible = 0;
    shared->ForEachAt(waiter.address, [&](QueueWaiter& other) { eligible += other.eligible; });
    if (waiter.eligible && queue->wakeups == eligible) --queue->wakeups;
    shared->Leave(&waiter, false);
  }
}

}  // namespace heddle::sim::runtime
