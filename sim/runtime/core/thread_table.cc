#include "sim/runtime/core/thread_table.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/decide.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/core/weak_memory.h"

namespace heddle::sim::runtime {

void AddThread(Thread* thread) {
  ThreadTable& threads = kernel.threads;
  KERNEL_CHECK(!thread->alive, "a thread is added once");
  KERNEL_CHECK(thread->ready == nullptr, "a thread that is added waits for nothing");
  uint32_t slot = 0;
  while (slot < threads.slot_end && threads.slots[slot] != nullptr) ++slot;
  if (slot == kMaxLiveThreads) {
    Fail(FailureKind::kLimit, "more than %u threads alive at once", kMaxLiveThreads);
  }
  if (slot == threads.slot_end) ++threads.slot_end;
  thread->slot = slot;
  if (threads.next_number >= kMaxThreadNumber) {
    Fail(FailureKind::kLimit, "more than %u threads in one execution", kMaxThreadNumber);
  }
  thread->number = threads.next_number++;
  thread->alive = true;
  thread->finished = false;
  thread->enabled = true;
  thread->last_run = thread->passed_over_since = kernel.log.points;
  thread->last_run_ns = kernel.clock.now;
  for (uint32_t& occasions : thread->fault_occasions) occasions = 0;
  threads.slots[slot] = thread;
  ++threads.alive;
  kernel.candidates.dirty = true;
}

void RemoveThread(Thread* thread) {
  ThreadTable& threads = kernel.threads;
  thread->alive = false;
  thread->enabled = false;
  threads.slots[thread->slot] = nullptr;
  while (threads.slot_end > 0 && threads.slots[threads.slot_end - 1] == nullptr) {
    --threads.slot_end;
  }
  KERNEL_CHECK(threads.alive > 0, "a thread that goes was counted as alive");
  --threads.alive;
  if (kernel.fairness.forced == thread) kernel.fairness.forced = nullptr;
  kernel.candidates.dirty = true;
}

void FinishThread(Thread* self) {
  ThreadTable& threads = kernel.threads;
  KERNEL_CHECK(self == threads.current && self->alive, "the thread that finishes runs");
  KERNEL_CHECK(threads.slots[self->slot] == self, "a thread that is alive stands in its slot");
  KERNEL_CHECK(threads.leaving == nullptr, "one thread leaves at a time");
  LeaveLocks(self);
  if (kernel.request.weak) {
    WeakGive(self, reinterpret_cast<void*>(ThreadAddress(self->number)));
    WeakEnd(self);
  }
  RemoveThread(self);
  self->finished = true;
  Changed(reinterpret_cast<const void*>(ThreadAddress(self->number)));
  kernel.view.last = self->pending;
  threads.leaving = self;
  Schedule(self);
}

bool AnyThreadCanRun() {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->enabled) return true;
  }
  return false;
}

}  // namespace heddle::sim::runtime
