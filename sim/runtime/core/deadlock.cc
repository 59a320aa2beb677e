#include "sim/runtime/core/deadlock.h"

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
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

[[noreturn]] void FailWithCycle(const Thread* start) {
  char buffer[kMostText];
  Text text(buffer, sizeof buffer);
  const Thread* thread = start;
  do {
    const Thread* holder = WaitsFor(thread);
    KERNEL_CHECK(holder != nullptr, "a cycle of waits has no end");
    text.Add("\n  thread %u waits (%s 0x%lx) for thread %u", thread->number,
             OpKindName(thread->pending.kind),
             reinterpret_cast<unsigned long>(thread->wait_address), holder->number);
    thread = holder;
  } while (thread != start);
  Fail(FailureKind::kDeadlock, "threads wait for each other in a cycle:%s", buffer);
}

// Whether what it waits for is a lock or a thread's end, which somebody has to give up.
bool WaitsForLock(const Thread* thread) {
  switch (thread->pending.kind) {
    case OpKind::kCondWake:
    case OpKind::kFutexWoken:
    case OpKind::kSemWait:
    case OpKind::kIoWait:
    case OpKind::kBarrierWake:
    case OpKind::kBarrierWait:
      return false;
    default:
      return true;
  }
}

}  // namespace

Thread* WaitsFor(const Thread* thread) {
  if (thread->pending.kind == OpKind::kThreadJoin) return static_cast<Thread*>(thread->wait_data);
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
  bool locks_only = true;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr) continue;
    locks_only = locks_only && WaitsForLock(thread);
    text.Add("\n  thread %u waits (%s)", thread->number, OpKindName(thread->pending.kind));
  }
  if (locks_only) {
    Fail(FailureKind::kDeadlock, "no thread can release a lock that others wait for:%s", buffer);
  }
  Fail(FailureKind::kLostWakeup, "every thread sleeps and none has a deadline:%s", buffer);
}

}  // namespace heddle::sim::runtime
