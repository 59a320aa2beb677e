#include "sim/runtime/core/decide.h"

#include <sys/syscall.h>

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/deadlock.h"
#include "sim/runtime/core/debugger.h"
#include "sim/runtime/core/hand_over.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/signal_delivery.h"

namespace heddle::sim::runtime {
namespace {

constexpr uint32_t kFirstWithIdleBound = 5;

inline bool Unlikely(bool condition) { return __builtin_expect(condition, 0); }

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
  if (kernel.execution.end_in_worker != nullptr) kernel.execution.end_in_worker();
  RawSyscall(SYS_exit_group, 0);
}

// `next` is null for the clock.
void WriteDetail(Thread* next) {
  StepDetail& detail = kernel.log.details[kernel.log.points];
  detail.virtual_ns = kernel.clock.now;
  detail.address = 0;
  detail.size = 0;
  detail.read_from = kNoStep;
  detail.frames = 0;
  if (next == nullptr) return;
  KERNEL_CHECK(next->detail_frames <= kMaxDetailFrames, "a detail's stack fits");
  detail.address = next->pending.address;
  detail.size = next->pending.size;
  detail.frames = next->detail_frames;
  for (uint32_t i = 0; i < detail.frames; ++i) detail.pcs[i] = next->detail_pcs[i];
  next->detail_frames = 0;
}

// `next` is null for the clock.
void WriteDown(Thread* next, Step step) {
  ScheduleLog& log = kernel.log;
  if (Unlikely(log.points >= log.capacity)) {
    Fail(FailureKind::kLimit, "the log is full after %lu points", log.points);
  }
  if (kernel.request.number_objects && log.objects != nullptr) {
    log.objects[log.points] = next != nullptr ? next->pending.object : kClockObject;
  }
  if (Unlikely(log.points < log.detail_capacity)) WriteDetail(next);
  log.steps[log.points++] = step;
  log.hash = HashStep(log.hash, step);
  kernel.control->points = log.points;
  if (next == nullptr) return;
  next->last_run = next->passed_over_since = log.points;
  if (next->last_run_ns != kernel.clock.now) {
    next->last_run_ns = kernel.clock.now;
    if (kernel.clock.held) kernel.candidates.dirty = true;
  }
}

// At ScheduleLog::check_at. True: a debugger wants to see the step that is chosen now.
bool CheckBounds() {
  if (kernel.log.points >= kernel.request.step_budget) {
    Fail(FailureKind::kLivelock, "not complete after %lu points (the step budget)",
         kernel.log.points);
  }
  kernel.log.check_at = kernel.request.step_budget;
  return kernel.log.points == kernel.debugger.stop_at;
}

// The clock was chosen.
void CheckIdle() {
  VirtualClock& clock = kernel.clock;
  if (AnyThreadCanRun() || ++clock.idle_jumps < kMaxIdleJumps) return;
  const int64_t idle_ns = clock.now - clock.idle_since;
  if (idle_ns < kMaxIdleNs || kernel.request.rules < kFirstWithIdleBound) return;
  Fail(FailureKind::kLivelock,
       "only time passes: for %ld hours and %lu timeouts no thread has woken another",
       idle_ns / 3'600'000'000'000, clock.idle_jumps);
}

// `next`, null for the clock, was chosen by `self`. A thread stops on its own stack.
void StopAt(const Thread* self, const Thread* next) {
  kernel.debugger.stopping = next != nullptr && next != self;
  if (!kernel.debugger.stopping) StopForDebugger();
}

// Asks the strategy. The answer is a position among the candidates.
uint32_t Choose() {
  if (Unlikely(kernel.execution.abandoned)) return LongestWaiting();
  uint32_t choice;
  {
    UseArena arena;
    choice = kernel.strategy->Choose(kernel.view);
  }
  if (Unlikely(choice >= kernel.candidates.count)) {
    Abandon();
    return LongestWaiting();
  }
  return choice;
}

// The position of the thread that ran last, when it can go on.
uint32_t PositionOfLast(const Thread* self) {
  if (kernel.view.last_thread == kClock) return kNoCandidate;
  if (Unlikely(kernel.view.last_thread != self->number) && kernel.view.last_thread != kNoThread) {
    // A child process's, which ran without `self` giving control away.
    for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
      const Thread* thread = kernel.threads.slots[i];
      if (thread != nullptr && thread->number == kernel.view.last_thread) self = thread;
    }
    if (self->number != kernel.view.last_thread) return kNoCandidate;
  }
  return self->enabled ? self->position : kNoCandidate;
}

// Takes one decision and writes it down. Null: the clock was chosen.
Thread* Decide(Thread* self) {
  if (Unlikely(kernel.log.points % kFairnessInterval == 0)) {
    CheckFairness();
    if (kernel.candidates.dirty) RebuildCandidates();
  }
  const bool stop = Unlikely(kernel.log.points >= kernel.log.check_at) && CheckBounds();
  kernel.view.index = kernel.log.points;
  kernel.view.current = PositionOfLast(self);
  Thread* next = kernel.candidates.threads[Choose()];
  if (next == nullptr) {
    CheckIdle();
    WriteDown(nullptr, MakeStep(OpKind::kClockAdvance, kClock));
    kernel.view.last_thread = kClock;
    kernel.view.last = kernel.candidates.clock_operation;
    kernel.fairness.clock_forced = false;
    kernel.clock.deadline_since = kernel.log.points;
    if (Unlikely(stop)) StopAt(self, nullptr);
    return nullptr;
  }
  KERNEL_CHECK(next->alive && next->enabled, "the chosen thread is alive and can go on");
  WriteDown(next, MakeStep(next->pending.kind, next->number));
  kernel.view.last_thread = next->number;
  if (Unlikely(stop)) StopAt(self, next);
  return next;
}

// Nobody is enabled and the clock has nowhere to go. Asks everyone again before the verdict: memory
// may have changed behind the model's back.
void AskEveryone() {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr) SetEnabled(thread, CanGoOn(thread));
  }
  if (kernel.candidates.dirty) return;
  if (!AwaitFreeProcesses()) NobodyCanRun();
  IoChanged();
}

// As below, where the root decides.
void GoOnInChild(Thread* self) {
  for (const Thread* ran = self;; ran = self) {
    Thread* next = ScheduleInChild(ran);
    while (next->is_courier) {
      Arrive(next);
      next = ScheduleInChild(nullptr);
    }
    if (next != self) SwitchTo(self, next);
    if (self->arrived && HandleArrived(self)) continue;
    return;
  }
}

}  // namespace

void Schedule(Thread* self) {
  KERNEL_CHECK(self == kernel.threads.current, "a point belongs to the thread that has control");
  if (Unlikely(kernel.log.detail_capacity != 0) && self->alive) CapturePending(self);
  if (Unlikely(InChildProcess())) return GoOnInChild(self);
  for (;;) {
    if (Unlikely(kernel.candidates.dirty)) {
      if (kernel.free_children != nullptr) DeliverBetweenProcesses();
      RebuildCandidates();
    }
    if (Unlikely(kernel.candidates.count == 0)) {
      AskEveryone();
      continue;
    }
    Thread* next = Decide(self);
    if (next == nullptr) {
      AdvanceClock();
      continue;
    }
    if (Unlikely(next->child_process != 0)) {
      RunChild(next);
      continue;
    }
    if (Unlikely(next->is_courier)) {
      Arrive(next);
      continue;
    }
    if (next != self) SwitchTo(self, next);
    if (Unlikely(self->arrived) && HandleArrived(self)) continue;
    return;
  }
}

}  // namespace heddle::sim::runtime
