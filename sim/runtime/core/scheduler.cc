// Choosing, switching, waiting. See scheduler.h for the rules.
#include "sim/runtime/core/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace heddle::sim::runtime {

constinit Kernel kernel;
constinit thread_local Thread* tls_self = nullptr;

namespace {

inline bool Unlikely(bool condition) { return __builtin_expect(condition, 0); }

void SetEnabled(Thread* thread, bool enabled) {
  if (thread->enabled == enabled) return;
  thread->enabled = enabled;
  if (enabled) {
    thread->last_run = kernel.log.points;
    thread->last_run_ns = kernel.clock.now;
  }
  kernel.candidates.dirty = true;
}

bool CanGoOn(Thread* thread) {
  if (thread->ready == nullptr || thread->timed_out) return true;
  if (thread->wait_io) thread->io_epoch = kernel.threads.io_epoch;
  return thread->ready(thread);
}

void RecomputeDeadline() {
  int64_t earliest = TimersEarliest();
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->timed_out && thread->deadline < earliest) {
      earliest = thread->deadline;
    }
  }
  if (earliest == kernel.clock.earliest_deadline) return;
  kernel.clock.earliest_deadline = earliest;
  kernel.clock.deadline_since = kernel.log.points;
  kernel.fairness.clock_forced = false;
  kernel.candidates.dirty = true;
}

// Everything whose deadline is not after the present.
void WakeDue() {
  TimersFire();
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || thread->timed_out || thread->deadline > kernel.clock.now) continue;
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
  return std::any_of(kernel.threads.slots, kernel.threads.slots + kernel.threads.slot_end,
                     [](const Thread* thread) { return thread != nullptr && thread->enabled; });
}

// What is left of the clock's debt at this point.
int64_t ClockDebt() {
  const auto paid =
      static_cast<int64_t>((kernel.log.points - kernel.clock.debt_since) * kNsPerPoint);
  return std::max<int64_t>(kernel.clock.debt - paid, 0);
}

void AdvanceClock() {
  if (kernel.clock.earliest_deadline > kernel.clock.now) {
    const int64_t jump = kernel.clock.earliest_deadline - kernel.clock.now;
    kernel.clock.debt = AnyThreadCanRun() ? ClockDebt() + jump : 0;
    kernel.clock.debt_since = kernel.log.points;
    kernel.clock.now = kernel.clock.earliest_deadline;
  }
  WakeDue();
}

void AddCandidate(Thread* thread) {
  thread->position = kernel.candidates.count;
  kernel.candidates.threads[kernel.candidates.count] = thread;
  kernel.candidates.list[kernel.candidates.count++] = {thread->number, &thread->pending};
}

void AddClock() {
  kernel.candidates.clock_operation = {OpKind::kClockAdvance, Access::kWrite, 0,
                                       kClockObject,          kNoObject,      0};
  kernel.candidates.threads[kernel.candidates.count] = nullptr;
  kernel.candidates.list[kernel.candidates.count++] = {kClock, &kernel.candidates.clock_operation};
}

// A thread that can run is overtaken by less than kMaxOvertakenNs of virtual time: the machine is
// busy, it has not stopped. (Without it every timeout would come before what it waits for.) And not
// while the clock is in debt.
bool ClockMayMove() {
  if (kernel.clock.earliest_deadline == kNever) return false;
  if (!AnyThreadCanRun()) return true;
  if (ClockDebt() > static_cast<int64_t>(kMaxClockDebtNs)) return false;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->enabled &&
        kernel.clock.earliest_deadline - thread->last_run_ns >=
            static_cast<int64_t>(kMaxOvertakenNs)) {
      return false;
    }
  }
  return true;
}

void Rebuild() {
  kernel.candidates.dirty = false;
  kernel.candidates.count = 0;
  kernel.candidates.blocked_count = 0;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr) continue;
    if (thread->wait_io && thread->io_epoch != kernel.threads.io_epoch &&
        thread->ready != nullptr) {
      SetEnabled(thread, CanGoOn(thread));
    }
    thread->position = kNoCandidate;
    if (thread->enabled) {
      AddCandidate(thread);
    } else {
      kernel.candidates.blocked[kernel.candidates.blocked_count++] = {thread->number,
                                                                      &thread->pending};
    }
  }
  const bool clock = ClockMayMove();
  kernel.clock.held = !clock && kernel.clock.earliest_deadline != kNever;
  if (clock) AddClock();
  if (kernel.fairness.clock_forced && kernel.clock.earliest_deadline != kNever) {
    for (uint32_t i = 0; i < kernel.candidates.count; ++i) {
      if (kernel.candidates.threads[i] != nullptr)
        kernel.candidates.threads[i]->position = kNoCandidate;
    }
    kernel.candidates.count = 0;
    AddClock();
  } else if (kernel.fairness.forced != nullptr && kernel.fairness.forced->enabled) {
    for (uint32_t i = 0; i < kernel.candidates.count; ++i) {
      if (kernel.candidates.threads[i] != nullptr)
        kernel.candidates.threads[i]->position = kNoCandidate;
    }
    kernel.candidates.count = 0;
    AddCandidate(kernel.fairness.forced);
  }
  kernel.view.candidates = {kernel.candidates.list, kernel.candidates.count};
  kernel.view.blocked = {kernel.candidates.blocked, kernel.candidates.blocked_count};
  kernel.candidates.dirty = false;
}

// Bounded unfairness: see kMaxPassedOver. Looked at every 256 points.
void CheckFairness() {
  if (kernel.fairness.forced != nullptr) {
    if (kernel.log.points < kernel.fairness.forced_until && kernel.fairness.forced->enabled) return;
    kernel.fairness.forced = nullptr;
    kernel.candidates.dirty = true;
  }
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || !thread->enabled) continue;
    if (kernel.log.points - thread->last_run <= kMaxPassedOver) continue;
    kernel.fairness.forced = thread;
    kernel.fairness.forced_until = kernel.log.points + kFairSlice;
    kernel.candidates.dirty = true;
    return;
  }
  if (kernel.clock.held) kernel.candidates.dirty = true;  // the debt may be paid by now
  if (kernel.clock.earliest_deadline != kNever &&
      kernel.log.points - kernel.clock.deadline_since > kMaxClockPassedOver) {
    kernel.fairness.clock_forced = true;
    kernel.candidates.dirty = true;
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
  kernel.view.index = kernel.log.points;
  kernel.view.current = kNoCandidate;
  {
    UseArena arena;
    kernel.strategy->Stuck(kernel.view);
  }
  char text[3000];
  size_t used = 0;
  text[0] = 0;
  bool cycle = false;
  for (uint32_t i = 0; i < kernel.threads.slot_end && !cycle; ++i) {
    Thread* start = kernel.threads.slots[i];
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
  if (cycle) Fail(FailureKind::kDeadlock, "threads wait for each other:%s", text);
  bool locks_only = true;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
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
    Fail(FailureKind::kDeadlock, "a lock is held by nobody who could release it:%s", text);
  }
  Fail(FailureKind::kLostWakeup, "every thread sleeps, none has a deadline:%s", text);
}

// The strategy wants no more of this execution. In a process of its own it ends here; within Run()
// its threads must come to their end, however.
void Abandon() {
  if (kernel.execution.in_run) {
    kernel.execution.abandoned = true;
    return;
  }
  kernel.control->state = ExecutionState::kAbandoned;
  kernel.control->points = kernel.log.points;
  kernel.control->hash = kernel.log.hash;
  RawSyscall(231 /* exit_group */, 0);
}

// The candidate that has waited longest: fair, so that everyone comes to an end. The clock moves
// only when nobody else can.
uint32_t LongestWaiting() {
  uint32_t longest = 0;
  for (uint32_t i = 1; i < kernel.candidates.count; ++i) {
    const Thread* thread = kernel.candidates.threads[i];
    const Thread* before = kernel.candidates.threads[longest];
    if (thread != nullptr && (before == nullptr || thread->last_run < before->last_run)) {
      longest = i;
    }
  }
  return longest;
}

// `next` is null for the clock.
void WriteDetail(Thread* next) {
  StepDetail& detail = kernel.log.details[kernel.log.points];
  detail.virtual_ns = kernel.clock.now;
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
  if (Unlikely(kernel.log.points >= kernel.log.capacity)) {
    Fail(FailureKind::kLimit, "the log is full after %lu points", kernel.log.points);
  }
  if (kernel.request.number_objects && kernel.log.objects != nullptr) {
    kernel.log.objects[kernel.log.points] = next != nullptr ? next->pending.object : kClockObject;
  }
  if (Unlikely(kernel.log.points < kernel.log.detail_capacity)) WriteDetail(next);
  kernel.log.steps[kernel.log.points++] = step;
  kernel.log.hash = HashStep(kernel.log.hash, step);
  kernel.control->points = kernel.log.points;
  if (next != nullptr) {
    next->last_run = kernel.log.points;
    if (next->last_run_ns != kernel.clock.now) {
      next->last_run_ns = kernel.clock.now;
      if (kernel.clock.held) kernel.candidates.dirty = true;
    }
  }
}

// At ScheduleLog::check_at. True: a debugger wants to see the step that is chosen now.
bool LookUp() {
  if (kernel.log.points >= kernel.request.step_budget) {
    Fail(FailureKind::kLivelock, "no end after %lu points (the step budget)", kernel.log.points);
  }
  kernel.log.check_at = kernel.request.step_budget;
  return kernel.log.points == kernel.debugger.stop_at;
}

// `next`, null for the clock, was chosen by `self`. A thread stops on its own stack.
void StopAt(const Thread* self, const Thread* next) {
  kernel.debugger.stopping = next != nullptr && next != self;
  if (!kernel.debugger.stopping) StopForDebugger();
}

// Takes one decision and writes it down. Null: the clock was chosen.
Thread* Decide(Thread* self) {
  if (Unlikely((kernel.log.points & 255) == 0)) {
    CheckFairness();
    if (kernel.candidates.dirty) Rebuild();
  }
  const bool stop = Unlikely(kernel.log.points >= kernel.log.check_at) && LookUp();
  kernel.view.index = kernel.log.points;
  kernel.view.current =
      kernel.view.last_thread != kClock && self->enabled ? self->position : kNoCandidate;
  uint32_t choice;
  if (Unlikely(kernel.execution.abandoned)) {
    choice = LongestWaiting();
  } else {
    UseArena arena;
    choice = kernel.strategy->Choose(kernel.view);
  }
  if (Unlikely(choice >= kernel.candidates.count)) {
    Abandon();
    choice = LongestWaiting();
  }
  Thread* next = kernel.candidates.threads[choice];
  if (next == nullptr) {
    WriteDown(nullptr, MakeStep(OpKind::kClockAdvance, kClock));
    kernel.view.last_thread = kClock;
    kernel.view.last = kernel.candidates.clock_operation;
    kernel.fairness.clock_forced = false;
    kernel.clock.deadline_since = kernel.log.points;
    if (Unlikely(stop)) StopAt(self, nullptr);
    return nullptr;
  }
  WriteDown(next, MakeStep(next->pending.kind, next->number));
  kernel.view.last_thread = next->number;
  if (Unlikely(stop)) StopAt(self, next);
  return next;
}

void SwitchTo(Thread* self, Thread* next) {
  ++kernel.log.switches;
  kernel.threads.current = next;
  kernel.control->current_thread = next->number;
  if (Unlikely(kernel.carrier.baton)) {
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
  if (Unlikely(kernel.log.detail_capacity != 0) && self->alive) CapturePending(self);
  for (;;) {
    if (Unlikely(kernel.candidates.dirty)) Rebuild();
    if (Unlikely(kernel.candidates.count == 0)) {
      // Ask everyone again before the verdict: memory may have changed behind the model's back.
      for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
        if (kernel.threads.slots[i] != nullptr)
          SetEnabled(kernel.threads.slots[i], CanGoOn(kernel.threads.slots[i]));
      }
      if (!kernel.candidates.dirty) NobodyCanRun();
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
  if (Thread* gone = kernel.threads.leaving; gone != nullptr) {
    kernel.threads.leaving = nullptr;
    if (!gone->pooled) {
      if (!kernel.carrier.baton) SendHome(&gone->context);
      AwaitEnd(gone->context, kernel.carrier.process, gone->kernel_id);
    }
    if (gone->detached) Recycle(gone);
  }
  while (kernel.capture.asker != nullptr) {
    Thread* asker = kernel.capture.asker;
    Thread* self = kernel.threads.current;
    CaptureStack(kernel.capture.into);
    kernel.capture.asker = nullptr;
    kernel.threads.current = asker;
    if (kernel.carrier.baton) {
      SwitchBaton(&self->context, &asker->context);
    } else {
      SwitchAdopted(&self->context, &asker->context);
    }
  }
  if (kernel.debugger.stopping) {
    kernel.debugger.stopping = false;
    StopForDebugger();
  }
}

static bool WaitAnnounced(Thread* self, Ready ready, int64_t deadline, OpKind timeout_kind) {
  self->ready = ready;
  self->deadline = deadline;
  self->timeout_kind = timeout_kind;
  self->timed_out = false;
  ++kernel.threads.waiting;
  if (self->wait_io) ++kernel.threads.io_waiting;
  if (deadline != kNever) {
    if (deadline <= kernel.clock.now) {
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
    kernel.view.last = self->pending;
  }
  --kernel.threads.waiting;
  if (self->wait_io) --kernel.threads.io_waiting;
  self->wait_io = false;
  self->ready = nullptr;
  self->deadline = kNever;
  self->timed_out = false;
  self->enabled = true;
  if (deadline != kNever && kernel.clock.earliest_deadline == deadline) RecomputeDeadline();
  return is_ready;
}

bool WaitPoint(Thread* self, OpKind kind, Access access, const void* address, Ready ready,
               int64_t deadline, OpKind timeout_kind) {
  Announce(self, kind, access, address);
  if (kernel.request.number_objects) self->pending.object = ObjectOf(self->pending.address);
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
  if (kernel.threads.waiting == 0) return;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || thread->ready == nullptr || thread->wait_address != address) continue;
    SetEnabled(thread, CanGoOn(thread));
  }
}

void DeadlineAdded(int64_t deadline) {
  if (deadline >= kernel.clock.earliest_deadline) return;
  kernel.clock.earliest_deadline = deadline;
  kernel.clock.deadline_since = kernel.log.points;
  kernel.fairness.clock_forced = false;
  kernel.candidates.dirty = true;
}

int64_t ReadClock(Thread* self) {
  PointOn(self, OpKind::kClockRead, Access::kWrite, kClockObject);
  kernel.clock.now += static_cast<int64_t>(kClockReadNs);
  if (kernel.clock.now >= kernel.clock.earliest_deadline) WakeDue();
  return kernel.clock.now;
}

// --- Threads ---

void AddThread(Thread* thread) {
  uint32_t slot = 0;
  while (slot < kernel.threads.slot_end && kernel.threads.slots[slot] != nullptr) ++slot;
  if (slot == kMaxLiveThreads) {
    Fail(FailureKind::kLimit, "more than %u threads alive at once", kMaxLiveThreads);
  }
  if (slot == kernel.threads.slot_end) ++kernel.threads.slot_end;
  thread->slot = slot;
  thread->number = kernel.threads.next_number++;
  thread->alive = true;
  thread->finished = false;
  thread->enabled = true;
  thread->last_run = kernel.log.points;
  thread->last_run_ns = kernel.clock.now;
  for (uint32_t& occasions : thread->fault_occasions) occasions = 0;
  kernel.threads.slots[slot] = thread;
  ++kernel.threads.alive;
  kernel.candidates.dirty = true;
}

// The last step of a thread: it is not a candidate any more, and whoever runs next sees to its end.
void FinishThread(Thread* self) {
  self->alive = false;
  self->finished = true;
  self->enabled = false;
  kernel.threads.slots[self->slot] = nullptr;
  while (kernel.threads.slot_end > 0 &&
         kernel.threads.slots[kernel.threads.slot_end - 1] == nullptr)
    --kernel.threads.slot_end;
  --kernel.threads.alive;
  if (kernel.fairness.forced == self) kernel.fairness.forced = nullptr;
  kernel.candidates.dirty = true;
  Changed(reinterpret_cast<const void*>(ThreadAddress(self->number)));
  kernel.view.last = self->pending;
  kernel.threads.leaving = self;
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
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
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
  if (thread == kernel.threads.current) {
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
    for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
      Thread* thread = kernel.threads.slots[i];
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
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
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
  return static_cast<uint32_t>((address * kGoldenRatio) >> 48);
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
  if (!kernel.request.number_objects || memory == nullptr) return;
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
  if (!kernel.request.number_objects) return;
  ++objects.execution;
  objects.used = 0;
  objects.next = kRandomObject + 1;
}

}  // namespace heddle::sim::runtime
