#include "sim/runtime/core/deadlock.h"

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/lost_signals.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/text.h"

namespace heddle::sim::runtime {
namespace {

// Room for some fifty threads in a finding's message of 4096 bytes, behind its first words.
constexpr size_t kMostText = 3000;

// A thread of a cycle of waits, or null.
Thread* FindCycle() {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* start = kernel.threads.slots[i];
    const Thread* thread = start;
    // A chain of waits that leads back to its start has one hop a thread at most.
    for (uint32_t hops = 0; hops <= kMaxLiveThreads && thread != nullptr; ++hops) {
      thread = WaitsFor(thread);
      if (thread != nullptr && thread == start) return start;
    }
  }
  return nullptr;
}

// Whether it sleeps until somebody wakes it: nobody in particular owes it that.
bool WaitsToBeWoken(const Thread* thread) {
  switch (thread->pending.kind) {
    case OpKind::kCondWake:
    case OpKind::kFutexWoken:
    case OpKind::kSemWait:
    case OpKind::kSemTimedWait:
    case OpKind::kIoWait:
    case OpKind::kSignalWait:
    case OpKind::kBarrierWake:
    case OpKind::kBarrierWait:
      return true;
    default:
      return false;
  }
}

// Whether it waits for another thread's end, or for the process's, which is another thread's work.
bool WaitsForEnd(const Thread* thread) {
  return thread->pending.kind == OpKind::kThreadJoin || thread->pending.kind == OpKind::kExit;
}

bool WaitsForLock(const Thread* thread) { return !WaitsForEnd(thread) && !WaitsToBeWoken(thread); }

// Who held the lock that a child process waits for, when it was forked; kNoThread: nobody.
ThreadNumber LeftAtFork(const Thread* thread) {
  if (thread->child_process == 0) return kNoThread;
  const ChildProcess& child = ChildProcesses()->processes[thread->child_process - 1];
  return child.threads[thread->child_slot].lock_left_by;
}

// "\n  thread 1 waits (mutex-lock 0x5581) for thread 0".
void AddWait(const Thread* thread, Text& text) {
  text.Add("\n  thread %u%s waits (%s", thread->number,
           thread->child_process != 0 ? ", a child process," : "",
           OpKindName(thread->pending.kind));
  if (!WaitsForEnd(thread) && thread->wait_address != nullptr) {
    text.Add(" 0x%lx", reinterpret_cast<unsigned long>(thread->wait_address));
  }
  text.Add(")");
  if (const Thread* other = WaitsFor(thread)) {
    text.Add(" for thread %u", other->number);
  } else if (thread->pending.kind == OpKind::kThreadJoin) {
    text.Add(" for all other threads");
  } else if (const ThreadNumber holder = LeftAtFork(thread); holder != kNoThread) {
    text.Add(" for a lock that thread %u held when the process was forked", holder);
  } else if (WaitsForLock(thread)) {
    const LeftLock* left = LeftBy(thread->wait_address);
    if (left != nullptr) text.Add(" for a lock that thread %u held when it ended", left->thread);
  } else if (thread->wait_room) {
    text.Add(" for room to write");
  } else if (const LostSignal* signal = LastSignalNotFor(thread)) {
    text.Add("; the last signal, %s by thread %u at point %lu, ", OpKindName(signal->kind),
             signal->thread, signal->point);
    if (signal->woken == kNoThread) {
      text.Add("reached nobody");
    } else {
      text.Add("woke thread %u", signal->woken);
    }
  }
}

[[noreturn]] void FailWithCycle(const Thread* start) {
  char buffer[kMostText];
  Text text(buffer, sizeof buffer);
  const Thread* thread = start;
  do {
    AddWait(thread, text);
    thread = WaitsFor(thread);
    KERNEL_CHECK(thread != nullptr, "a cycle of waits has no end");
  } while (thread != start);
  Fail(FailureKind::kDeadlock, "threads wait for each other in a cycle:%s", buffer);
}

// Of the threads that are alive.
bool AnyThread(bool (*what)(const Thread*)) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && what(thread)) return true;
  }
  return false;
}

// Whether it waits for a lock that a thread holds which is alive.
bool WaitsForHolder(const Thread* thread) {
  return WaitsForLock(thread) && WaitsFor(thread) != nullptr;
}

bool WaitsForRoom(const Thread* thread) { return thread->wait_room; }

}  // namespace

const Thread* WaitsFor(const Thread* thread) {
  if (thread->child_process != 0) return nullptr;  // for nobody of this process
  if (thread->pending.kind == OpKind::kThreadJoin) {
    return static_cast<const Thread*>(thread->wait_data);
  }
  if (thread->pending.kind == OpKind::kExit) return kernel.execution.exiting;
  return WaitsForLock(thread) ? HolderOf(thread->wait_address) : nullptr;
}

void NobodyCanRun() {
  KERNEL_CHECK(kernel.candidates.count == 0 && !AnyThreadCanRun(), "nobody can run");
  kernel.view.index = kernel.log.points;
  kernel.view.current = kNoCandidate;
  {
    UseArena arena;
    kernel.strategy->Stuck(kernel.view);
  }
  if (const Thread* start = FindCycle(); start != nullptr) FailWithCycle(start);
  char buffer[kMostText];
  Text text(buffer, sizeof buffer);
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    if (const Thread* thread = kernel.threads.slots[i]) AddWait(thread, text);
  }
  if (AnyThread(WaitsForHolder)) {
    Fail(FailureKind::kDeadlock, "a thread waits for a lock whose holder is never woken:%s",
         buffer);
  }
  if (AnyThread(WaitsForLock)) {
    Fail(FailureKind::kDeadlock, "no thread can release a lock that others wait for:%s", buffer);
  }
  if (AnyThread(WaitsForRoom)) {
    Fail(FailureKind::kDeadlock, "a thread waits for room to write, and no thread can read:%s",
         buffer);
  }
  Fail(FailureKind::kLostWakeup, "every thread sleeps and none has a deadline:%s", buffer);
}

}  // namespace heddle::sim::runtime
