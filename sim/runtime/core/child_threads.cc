#include "sim/runtime/core/child_threads.h"

#include <algorithm>
#include <new>

#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/object_table.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/timers.h"

namespace heddle::sim::runtime {
namespace {

// By slot of the child's thread table. The first is there as long as the child is controlled.
constinit Thread* child_threads[kMaxChildProcesses][kMaxChildThreads] = {};

// What a thread there says that it does next becomes the one's here.
void TakeAnnouncement(Thread* thread, ChildThread* said, Ready ready) {
  if (thread->ready != nullptr) EndWait(thread);
  said->changed = false;
  thread->pending = said->pending;
  if (said->pending.address != 0) {
    thread->pending.object = kernel.request.number_objects ? ObjectOf(said->pending.address) : 0;
  }
  thread->wait_address = said->wait_address;
  thread->wait_room = said->wait_room;
  thread->detail_frames = said->detail_frames;
  for (uint32_t i = 0; i < said->detail_frames; ++i) thread->detail_pcs[i] = said->detail_pcs[i];
  if (!said->waits) return SetEnabled(thread, true);
  thread->wait_io = true;
  BeginWait(thread, ready, said->deadline, said->timeout_kind);
  SetEnabled(thread, thread->timed_out || said->ready);
  if (!thread->enabled) thread->passed_over_since = kNotPassedOver;
}

void RemoveChildThread(Thread*& thread) {
  if (thread == nullptr) return;
  if (thread->ready != nullptr) EndWait(thread);
  RemoveThread(thread);
  thread = nullptr;
}

}  // namespace

void AnnounceThreads(ChildProcess* own, const Thread* ran) {
  const ThreadTable& table = kernel.threads;
  for (uint32_t slot = 0; slot < std::max(table.slot_end, own->thread_end); ++slot) {
    Thread* thread = slot < table.slot_end ? table.slots[slot] : nullptr;
    ChildThread& said = own->threads[slot];
    said.alive = thread != nullptr;
    if (thread == nullptr) continue;
    const bool waits = thread->ready != nullptr;
    said.changed = said.changed || thread == ran || said.number != thread->number ||
                   said.pending.kind != thread->pending.kind || said.waits != waits ||
                   said.deadline != thread->deadline;
    said.number = thread->number;
    said.pending = thread->pending;
    said.waits = waits;
    said.ready = CanGoOn(thread);
    said.wait_room = thread->wait_room;
    said.timeout_kind = thread->timeout_kind;
    said.deadline = thread->deadline;
    said.wait_address = thread->wait_address;
    said.lock_left_by = kNoThread;
    if (const LeftLock* left = LeftBy(thread->wait_address); waits && left != nullptr) {
      said.lock_left_by = left->thread;
    }
    said.detail_frames = thread->detail_frames;
    for (uint32_t i = 0; i < thread->detail_frames; ++i) {
      said.detail_pcs[i] = thread->detail_pcs[i];
    }
  }
  own->thread_end = table.slot_end;
  own->timers_earliest = TimersEarliest();
}

void RemoveChildThreads(uint32_t index) {
  for (Thread*& thread : child_threads[index]) RemoveChildThread(thread);
}

void AddChildThread(const ChildProcess* child, uint32_t index, uint32_t slot, ThreadNumber number) {
  Thread* thread = new (AllocatePrivate(sizeof(Thread))) Thread;
  const ThreadNumber next = kernel.threads.next_number;
  kernel.threads.next_number = number;
  AddThread(thread);
  kernel.threads.next_number = next;
  thread->child_process = index + 1;
  thread->child_slot = slot;
  thread->kernel_id = child->process;
  thread->pending = {.kind = OpKind::kThreadStart};
  child_threads[index][slot] = thread;
}

void TakeAnnouncements(ChildProcess* child, uint32_t index, Ready ready) {
  Thread** threads = child_threads[index];
  for (uint32_t slot = 0; slot < kMaxChildThreads; ++slot) {
    ChildThread& said = child->threads[slot];
    const bool there = slot < child->thread_end && said.alive;
    if (threads[slot] != nullptr && (!there || threads[slot]->number != said.number)) {
      RemoveChildThread(threads[slot]);
    }
    if (!there) continue;
    if (threads[slot] == nullptr) {
      AddChildThread(child, index, slot, said.number);
      said.changed = true;
    }
    if (said.changed) {
      TakeAnnouncement(threads[slot], &said, ready);
    } else if (said.waits) {
      SetEnabled(threads[slot], threads[slot]->timed_out || said.ready);
    }
  }
  RecomputeDeadline();
  kernel.candidates.dirty = true;
}

}  // namespace heddle::sim::runtime
