// Choosing, switching, waiting. See scheduler.h for the rules.
#include "sim/runtime/core/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace heddle::sim::runtime {

constinit Kernel k;
constinit thread_local Thread* tls_self = nullptr;

namespace {

inline bool Unlikely(bool condition) { return __builtin_expect(condition, 0); }

void SetEnabled(Thread* thread, bool enabled) {
  if (thread->enabled == enabled) return;
  thread->enabled = enabled;
  if (enabled) {
    thread->last_run = k.points;
    thread->last_run_ns = k.now;
  }
  k.dirty = true;
}

bool CanGoOn(Thread* thread) {
  if (thread->ready == nullptr || thread->timed_out) return true;
  if (thread->wait_io) thread->io_epoch = k.io_epoch;
  return thread->ready(thread);
}

void RecomputeDeadline() {
  int64_t earliest = TimersEarliest();
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    const Thread* thread = k.slots[i];
    if (thread != nullptr && !thread->timed_out && thread->deadline < earliest) {
      earliest = thread->deadline;
    }
  }
  if (earliest == k.earliest_deadline) return;
  k.earliest_deadline = earliest;
  k.deadline_since = k.points;
  k.clock_forced = false;
  k.dirty = true;
}

// Everything whose deadline is not after the present.
void WakeDue() {
  TimersFire();
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr || thread->timed_out || thread->deadline > k.now) continue;
    thread->timed_out = true;
    // A thread that is woken and timed out at once is woken.
    if (thread->timeout_kind != OpKind::kNone && !thread->ready(thread)) {
      thread->pending.kind = thread->timeout_kind;
    }
    SetEnabled(thread, true);
  }
  RecomputeDeadline();
}

bool AnyThreadCanRun() {
  return std::any_of(k.slots, k.slots + k.slot_end,
                     [](const Thread* thread) { return thread != nullptr && thread->enabled; });
}

// What is left of the clock's debt at this point.
int64_t ClockDebt() {
  const auto paid = static_cast<int64_t>((k.points - k.debt_since) * kNsPerPoint);
  return std::max<int64_t>(k.clock_debt - paid, 0);
}

void AdvanceClock() {
  if (k.earliest_deadline > k.now) {
    const int64_t jump = k.earliest_deadline - k.now;
    k.clock_debt = AnyThreadCanRun() ? ClockDebt() + jump : 0;
    k.debt_since = k.points;
    k.now = k.earliest_deadline;
  }
  WakeDue();
}

void AddCandidate(Thread* thread) {
  thread->position = k.candidate_count;
  k.candidate_threads[k.candidate_count] = thread;
  k.candidates[k.candidate_count++] = {thread->number, &thread->pending};
}

void AddClock() {
  k.clock_operation = {OpKind::kClockAdvance, Access::kWrite, 0, kClockObject, kNoObject, 0};
  k.candidate_threads[k.candidate_count] = nullptr;
  k.candidates[k.candidate_count++] = {kClock, &k.clock_operation};
}

// A thread that can run is overtaken by less than kMaxOvertakenNs of virtual time: the machine is
// busy, it has not stopped. (Without it every timeout would come before what it waits for.) And not
// while the clock is in debt.
bool ClockMayMove() {
  if (k.earliest_deadline == kNever) return false;
  if (!AnyThreadCanRun()) return true;
  if (ClockDebt() > static_cast<int64_t>(kMaxClockDebtNs)) return false;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    const Thread* thread = k.slots[i];
    if (thread != nullptr && thread->enabled &&
        k.earliest_deadline - thread->last_run_ns >= k.max_overtaken) {
      return false;
    }
  }
  return true;
}

void Rebuild() {
  k.dirty = false;
  k.candidate_count = 0;
  k.blocked_count = 0;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr) continue;
    if (thread->wait_io && thread->io_epoch != k.io_epoch && thread->ready != nullptr) {
      SetEnabled(thread, CanGoOn(thread));
    }
    thread->position = kNoCandidate;
    if (thread->enabled) {
      AddCandidate(thread);
    } else {
      k.blocked[k.blocked_count++] = {thread->number, &thread->pending};
    }
  }
  const bool clock = ClockMayMove();
  k.clock_held = !clock && k.earliest_deadline != kNever;
  if (clock) AddClock();
  if (k.clock_forced && k.earliest_deadline != kNever) {
    for (uint32_t i = 0; i < k.candidate_count; ++i) {
      if (k.candidate_threads[i] != nullptr) k.candidate_threads[i]->position = kNoCandidate;
    }
    k.candidate_count = 0;
    AddClock();
  } else if (k.forced != nullptr && k.forced->enabled) {
    for (uint32_t i = 0; i < k.candidate_count; ++i) {
      if (k.candidate_threads[i] != nullptr) k.candidate_threads[i]->position = kNoCandidate;
    }
    k.candidate_count = 0;
    AddCandidate(k.forced);
  }
  k.view.candidates = {k.candidates, k.candidate_count};
  k.view.blocked = {k.blocked, k.blocked_count};
  k.dirty = false;
}

// Bounded unfairness: see kMaxPassedOver. Looked at every 256 points.
void CheckFairness() {
  if (k.forced != nullptr) {
    if (k.points < k.forced_until && k.forced->enabled) return;
    k.forced = nullptr;
    k.dirty = true;
  }
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr || !thread->enabled) continue;
    if (k.points - thread->last_run <= kMaxPassedOver) continue;
    k.forced = thread;
    k.forced_until = k.points + kFairSlice;
    k.dirty = true;
    return;
  }
  if (k.clock_held) k.dirty = true;  // the debt may be paid by now
  if (k.earliest_deadline != kNever && k.points - k.deadline_since > kMaxClockPassedOver) {
    k.clock_forced = true;
    k.dirty = true;
  }
}

const char* HeldName(HeldKind kind) {
  switch (kind) {
    case HeldKind::kMutex:
      return "mutex";
    case HeldKind::kRead:
      return "rwlock (read)";
    case HeldKind::kWrite:
      return "rwlock (write)";
    case HeldKind::kSpin:
      return "spinlock";
    case HeldKind::kOnce:
      return "once";
    case HeldKind::kGuard:
      return "static initialisation";
  }
  return "?";
}

// Who could end this thread's wait, if that is known to be one thread.
Thread* WaitsFor(const Thread* thread) {
  switch (thread->pending.kind) {
    case OpKind::kThreadJoin:
      return static_cast<Thread*>(thread->wait_data);
    case OpKind::kCondWake:
    case OpKind::kFutexWoken:
    case OpKind::kBarrierWait:
    case OpKind::kBarrierWake:
    case OpKind::kSemWait:
    case OpKind::kIoWait:
      return nullptr;
    default:
      return HolderOf(thread->wait_address);
  }
}

// Everyone is asleep for good. A cycle of holders is a deadlock; without one a wake-up got lost
// (or was never sent).
[[noreturn]] void NobodyCanRun() {
  k.view.index = k.points;
  k.view.current = kNoCandidate;
  {
    UseArena arena;
    k.strategy->Stuck(k.view);
  }
  char text[3000];
  size_t used = 0;
  text[0] = 0;
  bool cycle = false;
  for (uint32_t i = 0; i < k.slot_end && !cycle; ++i) {
    Thread* start = k.slots[i];
    if (start == nullptr) continue;
    Thread* thread = start;
    for (uint32_t hops = 0; hops <= kMaxLiveThreads && thread != nullptr; ++hops) {
      thread = WaitsFor(thread);
      if (thread != start) continue;
      cycle = true;
      do {
        Thread* holder = WaitsFor(thread);
        if (used < sizeof text) {
          used += static_cast<size_t>(snprintf(
              text + used, sizeof text - used, "\n  thread %u waits (%s 0x%lx) for thread %u",
              thread->number, OpKindName(thread->pending.kind),
              reinterpret_cast<unsigned long>(thread->wait_address), holder->number));
        }
        thread = holder;
      } while (thread != start);
      break;
    }
  }
  if (cycle) Fail(FindingKind::kDeadlock, "threads wait for each other:%s", text);
  bool locks_only = true;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    const Thread* thread = k.slots[i];
    if (thread == nullptr) continue;
    const OpKind kind = thread->pending.kind;
    if (kind == OpKind::kCondWake || kind == OpKind::kFutexWoken || kind == OpKind::kSemWait ||
        kind == OpKind::kIoWait || kind == OpKind::kBarrierWake || kind == OpKind::kBarrierWait) {
      locks_only = false;
    }
    if (used < sizeof text) {
      used +=
          static_cast<size_t>(snprintf(text + used, sizeof text - used, "\n  thread %u waits (%s)",
                                       thread->number, OpKindName(kind)));
    }
  }
  if (locks_only) {
    Fail(FindingKind::kDeadlock, "a lock is held by nobody who could release it:%s", text);
  }
  Fail(FindingKind::kLostWakeup, "every thread sleeps, none has a deadline:%s", text);
}

// The strategy wants no more of this execution. In a process of its own it ends here; within Run()
// its threads must come to their end, however.
void Abandon() {
  if (k.in_run) {
    k.abandoned = true;
    return;
  }
  k.control->state = ExecutionState::kAbandoned;
  k.control->points = k.points;
  k.control->hash = k.hash;
  RawSyscall(231 /* exit_group */, 0);
}

// The candidate that has waited longest: fair, so that everyone comes to an end. The clock moves
// only when nobody else can.
uint32_t LongestWaiting() {
  uint32_t longest = 0;
  for (uint32_t i = 1; i < k.candidate_count; ++i) {
    const Thread* thread = k.candidate_threads[i];
    const Thread* before = k.candidate_threads[longest];
    if (thread != nullptr && (before == nullptr || thread->last_run < before->last_run)) {
      longest = i;
    }
  }
  return longest;
}

// `next` is null for the clock.
void WriteDetail(Thread* next) {
  StepDetail& detail = k.details[k.points];
  detail.virtual_ns = k.now;
  detail.address = 0;
  detail.size = 0;
  detail.frames = 0;
  if (next == nullptr) return;
  detail.address = next->pending.address;
  detail.size = next->pending.size;
  detail.frames = next->detail_frames;
  for (uint32_t i = 0; i < detail.frames; ++i) detail.pcs[i] = next->detail_pcs[i];
  next->detail_frames = 0;
}

void WriteDown(Thread* next, Step step) {
  if (Unlikely(k.points >= k.log_capacity)) {
    Fail(FindingKind::kLimit, "the log is full after %lu points", k.points);
  }
  if (k.objects && k.object_log != nullptr) {
    k.object_log[k.points] = next != nullptr ? next->pending.object : kClockObject;
  }
  if (Unlikely(k.points < k.detail_capacity)) WriteDetail(next);
  k.log[k.points++] = step;
  k.hash = HashStep(k.hash, step);
  k.control->points = k.points;
  if (next != nullptr) {
    next->last_run = k.points;
    if (next->last_run_ns != k.now) {
      next->last_run_ns = k.now;
      if (k.clock_held) k.dirty = true;
    }
  }
}

// At Kernel::look_up. True: a debugger wants to see the step that is chosen now.
bool LookUp() {
  if (k.points >= k.step_budget) {
    Fail(FindingKind::kLivelock, "no end after %lu points (the step budget)", k.points);
  }
  k.look_up = k.step_budget;
  return k.points == k.stop_at;
}

// `next`, null for the clock, was chosen by `self`. A thread stops on its own stack.
void StopAt(const Thread* self, const Thread* next) {
  k.stopping = next != nullptr && next != self;
  if (!k.stopping) StopForDebugger();
}

// Takes one decision and writes it down. Null: the clock was chosen.
Thread* Decide(Thread* self) {
  if (Unlikely((k.points & 255) == 0)) {
    CheckFairness();
    if (k.dirty) Rebuild();
  }
  const bool stop = Unlikely(k.points >= k.look_up) && LookUp();
  k.view.index = k.points;
  k.view.current = k.view.last_thread != kClock && self->enabled ? self->position : kNoCandidate;
  uint32_t choice;
  if (Unlikely(k.abandoned)) {
    choice = LongestWaiting();
  } else {
    UseArena arena;
    choice = k.strategy->Choose(k.view);
  }
  if (Unlikely(choice >= k.candidate_count)) {
    Abandon();
    choice = LongestWaiting();
  }
  Thread* next = k.candidate_threads[choice];
  if (next == nullptr) {
    WriteDown(nullptr, MakeStep(OpKind::kClockAdvance, kClock));
    k.view.last_thread = kClock;
    k.view.last = k.clock_operation;
    k.clock_forced = false;
    k.deadline_since = k.points;
    if (Unlikely(stop)) StopAt(self, nullptr);
    return nullptr;
  }
  WriteDown(next, MakeStep(next->pending.kind, next->number));
  k.view.last_thread = next->number;
  if (Unlikely(stop)) StopAt(self, next);
  return next;
}

void SwitchTo(Thread* self, Thread* next) {
  ++k.switches;
  k.current = next;
  k.control->current_thread = next->number;
  if (Unlikely(k.baton)) {
    if (self->finished && !self->pooled) return PassBaton(&next->context);  // and exit
    SwitchBaton(&self->context, &next->context);
  } else {
    SwitchAdopted(&self->context, &next->context);
  }
  if (Unlikely(LeftSomething())) AfterSwitch();
}

}  // namespace

// Runs until `self` is chosen. A finished thread's call returns only at its own home.
void Schedule(Thread* self) {
  if (Unlikely(k.detail_capacity != 0) && self->alive) CapturePending(self);
  for (;;) {
    if (Unlikely(k.dirty)) Rebuild();
    if (Unlikely(k.candidate_count == 0)) {
      // Ask everyone again before the verdict: memory may have changed behind the model's back.
      for (uint32_t i = 0; i < k.slot_end; ++i) {
        if (k.slots[i] != nullptr) SetEnabled(k.slots[i], CanGoOn(k.slots[i]));
      }
      if (!k.dirty) NobodyCanRun();
      continue;
    }
    Thread* next = Decide(self);
    if (next == nullptr) {
      AdvanceClock();
      continue;
    }
    if (next != self) SwitchTo(self, next);
    return;
  }
}

// The first thing a context does when it got control: the thread that left it may have ended.
void AfterSwitch() {
  if (Thread* gone = k.leaving; gone != nullptr) {
    k.leaving = nullptr;
    if (!gone->pooled) {
      if (!k.baton) SendHome(&gone->context);
      AwaitEnd(gone->context, k.process, gone->kernel_id);
    }
    if (gone->detached) Recycle(gone);
  }
  while (k.capturing != nullptr) {
    Thread* asker = k.capturing;
    Thread* self = k.current;
    CaptureStack(k.capture_into);
    k.capturing = nullptr;
    k.current = asker;
    if (k.baton) {
      SwitchBaton(&self->context, &asker->context);
    } else {
      SwitchAdopted(&self->context, &asker->context);
    }
  }
  if (k.stopping) {
    k.stopping = false;
    StopForDebugger();
  }
}

static bool WaitAnnounced(Thread* self, Ready ready, int64_t deadline, OpKind timeout_kind) {
  self->ready = ready;
  self->deadline = deadline;
  self->timeout_kind = timeout_kind;
  self->timed_out = false;
  ++k.waiting;
  if (self->wait_io) ++k.io_waiting;
  if (deadline != kNever) {
    if (deadline <= k.now) {
      self->timed_out = true;
    } else {
      DeadlineAdded(deadline);
    }
  }
  SetEnabled(self, CanGoOn(self));
  bool is_ready;
  for (;;) {
    Schedule(self);
    is_ready = ready(self);
    if (is_ready || self->timed_out) break;
    SetEnabled(self, false);  // somebody was faster, or memory changed behind our back
    k.view.last = self->pending;
  }
  --k.waiting;
  if (self->wait_io) --k.io_waiting;
  self->wait_io = false;
  self->ready = nullptr;
  self->deadline = kNever;
  self->timed_out = false;
  self->enabled = true;
  if (deadline != kNever && k.earliest_deadline == deadline) RecomputeDeadline();
  return is_ready;
}

bool WaitPoint(Thread* self, OpKind kind, Access access, const void* address, Ready ready,
               int64_t deadline, OpKind timeout_kind) {
  Announce(self, kind, access, address);
  if (k.objects) self->pending.object = ObjectOf(self->pending.address);
  self->wait_address = address;
  return WaitAnnounced(self, ready, deadline, timeout_kind);
}

bool WaitOn(Thread* self, OpKind kind, Access access, ObjectId object, Ready ready,
            int64_t deadline, OpKind timeout_kind) {
  Announce(self, kind, access, nullptr);
  self->pending.object = object;
  self->wait_address = nullptr;
  return WaitAnnounced(self, ready, deadline, timeout_kind);
}

bool WaitIo(Thread* self, OpKind kind, Ready ready, int64_t deadline) {
  Announce(self, kind, Access::kWrite, nullptr);
  self->pending.object = kIoObject;
  self->wait_address = nullptr;
  self->wait_io = true;
  return WaitAnnounced(self, ready, deadline, OpKind::kNone);
}

void Changed(const void* address) {
  if (k.waiting == 0) return;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr || thread->ready == nullptr || thread->wait_address != address) continue;
    SetEnabled(thread, CanGoOn(thread));
  }
}

void DeadlineAdded(int64_t deadline) {
  if (deadline >= k.earliest_deadline) return;
  k.earliest_deadline = deadline;
  k.deadline_since = k.points;
  k.clock_forced = false;
  k.dirty = true;
}

int64_t ReadClock(Thread* self) {
  PointOn(self, OpKind::kClockRead, Access::kWrite, kClockObject);
  k.now += static_cast<int64_t>(kClockReadNs);
  if (k.now >= k.earliest_deadline) WakeDue();
  return k.now;
}

// --- Threads ---

void AddThread(Thread* thread) {
  uint32_t slot = 0;
  while (slot < k.slot_end && k.slots[slot] != nullptr) ++slot;
  if (slot == kMaxLiveThreads) {
    Fail(FindingKind::kLimit, "more than %u threads alive at once", kMaxLiveThreads);
  }
  if (slot == k.slot_end) ++k.slot_end;
  thread->slot = slot;
  thread->number = k.next_number++;
  thread->alive = true;
  thread->finished = false;
  thread->enabled = true;
  thread->last_run = k.points;
  thread->last_run_ns = k.now;
  for (uint32_t& occasions : thread->fault_occasions) occasions = 0;
  k.slots[slot] = thread;
  ++k.alive;
  k.dirty = true;
}

// The last step of a thread: it is not a candidate any more, and whoever runs next sees to its end.
void FinishThread(Thread* self) {
  self->alive = false;
  self->finished = true;
  self->enabled = false;
  k.slots[self->slot] = nullptr;
  while (k.slot_end > 0 && k.slots[k.slot_end - 1] == nullptr) --k.slot_end;
  --k.alive;
  if (k.forced == self) k.forced = nullptr;
  k.dirty = true;
  Changed(reinterpret_cast<const void*>(ThreadAddress(self->number)));
  k.view.last = self->pending;
  k.leaving = self;
  Schedule(self);
}

void PushHeld(Thread* self, const void* address, HeldKind kind) {
  if (self->held_count < kMaxHeld) self->held[self->held_count] = {address, kind};
  ++self->held_count;
}

void DropHeld(Thread* self, const void* address) {
  if (self->held_count > kMaxHeld) {
    --self->held_count;
    return;
  }
  for (uint32_t i = self->held_count; i-- > 0;) {
    if (self->held[i].address != address) continue;
    memmove(self->held + i, self->held + i + 1, (self->held_count - i - 1) * sizeof(Held));
    --self->held_count;
    return;
  }
}

Thread* HolderOf(const void* address) {
  if (address == nullptr) return nullptr;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr) continue;
    const uint32_t count = thread->held_count < kMaxHeld ? thread->held_count : kMaxHeld;
    for (uint32_t h = 0; h < count; ++h) {
      if (thread->held[h].address == address) return thread;
    }
  }
  return nullptr;
}

// --- Describing threads for reports; used by report.cc ---
void DescribeThread(const Thread* thread, char* text, size_t size) {
  size_t used = 0;
  const auto add = [&](const char* format, auto... values) {
    if (used < size)
      used += static_cast<size_t>(snprintf(text + used, size - used, format, values...));
  };
  if (thread == k.current) {
    add("runs, %s", OpKindName(thread->pending.kind));
  } else if (!thread->enabled) {
    add("waits, %s", OpKindName(thread->pending.kind));
  } else {
    add("can run, next %s", OpKindName(thread->pending.kind));
  }
  if (thread->pending.address != 0 && thread->pending.kind != OpKind::kThreadJoin) {
    add(" 0x%lx", static_cast<unsigned long>(thread->pending.address));
  }
  if (!thread->enabled) {
    if (const Thread* holder = WaitsFor(thread)) {
      add(thread->pending.kind == OpKind::kThreadJoin ? " of thread %u" : " held by thread %u",
          holder->number);
    }
  }
  const uint32_t count = thread->held_count < kMaxHeld ? thread->held_count : kMaxHeld;
  for (uint32_t h = 0; h < count; ++h) {
    add("%s %s 0x%lx", h == 0 ? "; holds" : ",", HeldName(thread->held[h].kind),
        reinterpret_cast<unsigned long>(thread->held[h].address));
  }
}

// --- Wake-up queues ---
// Wake-ups are offered to the threads that wait at that moment ("eligible"); the first of them to
// be chosen takes one, and when none is left the others sleep on. So the choice of whom a signal
// wakes is the strategy's, and a thread that comes later cannot steal it.
namespace {
struct WaitQueue {
  const void* address = nullptr;
  uint32_t length = 0;
  uint32_t wakeups = 0;
};
constinit WaitQueue queues[kMaxLiveThreads];

WaitQueue* FindQueue(const void* address) {
  for (WaitQueue& queue : queues) {
    if (queue.length != 0 && queue.address == address) return &queue;
  }
  return nullptr;
}
}  // namespace

void QueueJoin(Thread* self, const void* address, uint64_t tag) {
  WaitQueue* queue = FindQueue(address);
  if (queue == nullptr) {
    for (WaitQueue& free : queues) {
      if (free.length == 0) {
        queue = &free;
        break;
      }
    }
    queue->address = address;
    queue->wakeups = 0;
  }
  ++queue->length;
  self->wait_address = address;
  self->wait_value = tag;
  self->queued = true;
  self->eligible = false;
}

bool QueueReady(Thread* self) {
  if (!self->queued || !self->eligible) return false;
  const WaitQueue* queue = FindQueue(self->wait_address);
  return queue != nullptr && queue->wakeups > 0;
}

void QueueLeave(Thread* self, bool woken) {
  WaitQueue* queue = FindQueue(self->wait_address);
  self->queued = false;
  self->eligible = false;
  if (queue == nullptr) return;
  --queue->length;
  if (!woken) return;
  --queue->wakeups;
  if (queue->wakeups == 0) {
    for (uint32_t i = 0; i < k.slot_end; ++i) {
      Thread* thread = k.slots[i];
      if (thread != nullptr && thread->queued && thread->wait_address == queue->address) {
        thread->eligible = false;
      }
    }
  }
  Changed(queue->address);
}

uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag) {
  WaitQueue* queue = FindQueue(address);
  if (queue == nullptr) return 0;
  uint32_t eligible = 0;
  for (uint32_t i = 0; i < k.slot_end; ++i) {
    Thread* thread = k.slots[i];
    if (thread == nullptr || !thread->queued || thread->wait_address != address) continue;
    if ((thread->wait_value & tag) != 0) thread->eligible = true;
    if (thread->eligible) ++eligible;
  }
  const uint32_t before = queue->wakeups;
  queue->wakeups = eligible - before < count ? eligible : before + count;
  const uint32_t woken = queue->wakeups - before;
  Changed(address);
  return woken;
}

uint32_t QueueLength(const void* address) {
  const WaitQueue* queue = FindQueue(address);
  return queue == nullptr ? 0 : queue->length;
}

uint32_t QueueMove(const void* from, const void* to, uint32_t count) {
  uint32_t moved = 0;
  for (uint32_t i = 0; i < k.slot_end && moved < count; ++i) {
    Thread* thread = k.slots[i];
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

// --- Object numbers: first touch within the execution ---
namespace {
struct ObjectEntry {
  uintptr_t address;
  ObjectId id;
  uint32_t execution;  // entries of other executions are free
};
constexpr uint32_t kObjectSlots = 1 << 16;
constexpr uint32_t kMostObjects = kObjectSlots / 4 * 3;
struct ObjectTable {
  ObjectEntry entries[kObjectSlots];
  uint32_t taken[kObjectSlots];  // the slots in use, `used` of them
  uint32_t execution;
  uint32_t used;
  ObjectId next;
};
// Not in the arena: that outlives the fork an execution is, and each would leave its table there.
constinit ObjectTable objects{};

// With preempt: memory an execution can touch more addresses than there are numbers. Then what is
// new shares the number of what lies next to its place: for a strategy that is a dependence too
// many, never one too few.
ObjectId SharedObject(uint32_t slot) {
  while (objects.entries[slot].execution != objects.execution) slot = (slot + 1) % kObjectSlots;
  return objects.entries[slot].id;
}
}  // namespace

static uint32_t HomeSlot(uintptr_t address) {
  return static_cast<uint32_t>((address * 0x9E3779B97F4A7C15u) >> 48);
}

ObjectId ObjectOf(uintptr_t address) {
  if (address == 0) return kNoObject;
  for (uint32_t slot = HomeSlot(address);; slot = (slot + 1) % kObjectSlots) {
    ObjectEntry& entry = objects.entries[slot];
    if (entry.execution != objects.execution) {
      if (objects.used >= kMostObjects) return SharedObject(slot);
      objects.taken[objects.used++] = slot;
      entry = {address, objects.next++, objects.execution};
      return entry.id;
    }
    if (entry.address == address) return entry.id;
  }
}

// Freed memory: what comes to lie there next is another object.
void ForgetObjects(const void* memory, size_t size) {
  if (!k.objects || memory == nullptr) return;
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  constexpr uintptr_t kForgotten = 1;  // matches nothing, keeps the probe chain
  if (size < objects.used) {
    for (uintptr_t address = begin; address < begin + size; ++address) {
      for (uint32_t slot = HomeSlot(address);; slot = (slot + 1) % kObjectSlots) {
        ObjectEntry& entry = objects.entries[slot];
        if (entry.execution != objects.execution) break;
        if (entry.address == address) entry.address = kForgotten;
      }
    }
    return;
  }
  for (uint32_t i = 0; i < objects.used; ++i) {
    ObjectEntry& entry = objects.entries[objects.taken[i]];
    if (entry.address - begin < size) entry.address = kForgotten;
  }
}

void ResetObjects() {
  if (!k.objects) return;
  ++objects.execution;
  objects.used = 0;
  objects.next = kRandomObject + 1;
}

}  // namespace heddle::sim::runtime
