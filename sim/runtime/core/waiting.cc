#include "sim/runtime/core/waiting.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/wait_queue.h"
#include "sim/runtime/interpose/cancel.h"

namespace heddle::sim::runtime {

bool IsCancellationPoint(OpKind kind) {
  switch (kind) {
    case OpKind::kThreadJoin:
    case OpKind::kCondWake:
    case OpKind::kSemWait:
    case OpKind::kSemTimedWait:
    case OpKind::kIoWait:
    case OpKind::kSleep:
    case OpKind::kSignalWait:
      return true;
    default:
      return false;
  }
}

void BeginWait(Thread* self, Ready ready, int64_t deadline, OpKind timeout_kind) {
  KERNEL_CHECK(self->ready == nullptr, "a thread waits for one thing at a time");
  self->ready = ready;
  self->deadline = deadline;
  self->timeout_kind = timeout_kind;
  self->timed_out = false;
  self->interrupted = false;
  self->cancellable = IsCancellationPoint(self->pending.kind);
  self->pending.blocking = deadline == kNever ? Blocking::kUnbounded : Blocking::kTimed;
  ++kernel.threads.waiting;
  if (self->wait_io) ++kernel.threads.io_waiting;
  if (deadline == kNever) return;
  kernel.view.last.sets_deadline = true;  // `self` ran until now
  if (deadline <= kernel.clock.now) {
    self->timed_out = true;
  } else {
    DeadlineAdded(deadline);
  }
}

void EndWait(Thread* self) {
  KERNEL_CHECK(kernel.threads.waiting > 0, "a thread that waited was counted as waiting");
  --kernel.threads.waiting;
  if (self->wait_io) {
    KERNEL_CHECK(kernel.threads.io_waiting > 0, "a thread that waited for files was counted");
    --kernel.threads.io_waiting;
  }
  const int64_t deadline = self->deadline;
  self->wait_io = self->wait_room = false;
  self->ready = nullptr;
  self->deadline = kNever;
  self->timed_out = false;
  self->cancellable = false;
  self->on_signal = OnSignal::kGoesOn;
  self->enabled = true;
  if (deadline != kNever && kernel.clock.earliest_deadline == deadline) RecomputeDeadline();
}

namespace {

bool EndCancelledWait(Thread* self) {
  SuspendedWait wait;
  SuspendWait(self, &wait);
  if (!wait.left_queue) Cancel(self);
  self->interrupted = true;
  return false;
}

// The operation is announced. Waits until it can be done.
bool Wait(Thread* self, Ready ready, int64_t deadline, OpKind timeout_kind) {
  BeginWait(self, ready, deadline, timeout_kind);
  SetEnabled(self, CanGoOn(self));
  if (!self->enabled) self->passed_over_since = kNotPassedOver;
  bool is_ready;
  for (;;) {
    Schedule(self);
    if (__builtin_expect(self->interrupted, 0)) return false;  // the wait has ended already
    if (__builtin_expect(self->cancellable && CancelDue(self), 0)) return EndCancelledWait(self);
    is_ready = ready(self);
    if (is_ready || self->timed_out) break;
    SetEnabled(self, false);  // somebody was faster, or memory changed behind our back
    kernel.view.last = self->pending;
  }
  EndWait(self);
  return is_ready;
}

}  // namespace

void SuspendWait(Thread* self, SuspendedWait* wait) {
  *wait = {.ready = self->ready,
           .deadline = self->deadline,
           .timeout_kind = self->timeout_kind,
           .wait_address = self->wait_address,
           .wait_value = self->wait_value,
           .wait_data = self->wait_data,
           .on_signal = self->on_signal,
           .wait_io = self->wait_io,
           .wait_room = self->wait_room,
           .cancellable = self->cancellable,
           .left_queue = self->waiter != nullptr};
  if (self->waiter != nullptr) QueueLeave(self, QueueReady(self));
  if (self->ready != nullptr) EndWait(self);
}

void ResumeWait(Thread* self, const SuspendedWait& wait) {
  self->wait_address = wait.wait_address;
  self->wait_value = wait.wait_value;
  self->wait_data = wait.wait_data;
  self->on_signal = wait.on_signal;
  self->wait_io = wait.wait_io;
  self->wait_room = wait.wait_room;
  if (wait.ready == nullptr) return;
  BeginWait(self, wait.ready, wait.deadline, wait.timeout_kind);
  self->cancellable = wait.cancellable;
  SetEnabled(self, CanGoOn(self));
}

bool WaitPoint(Thread* self, OpKind kind, Access access, const void* address, Ready ready,
               int64_t deadline, OpKind timeout_kind) {
  Announce(self, kind, access, address);
  if (kernel.request.number_objects) self->pending.object = ObjectOf(self->pending.address);
  self->wait_address = address;
  return Wait(self, ready, deadline, timeout_kind);
}

bool WaitOn(Thread* self, OpKind kind, Access access, ObjectId object, Ready ready,
            int64_t deadline, OpKind timeout_kind) {
  Announce(self, kind, access, nullptr);
  self->pending.object = object;
  self->wait_address = nullptr;
  const bool is_ready = Wait(self, ready, deadline, timeout_kind);
  if (kernel.request.weak) WeakSystem(self);
  return is_ready;
}

bool WaitIo(Thread* self, OpKind kind, Ready ready, int64_t deadline) {
  Announce(self, kind, Access::kWrite, nullptr);
  self->pending.object = kIoObject;
  self->wait_address = nullptr;
  self->wait_io = true;
  if (self->on_signal == OnSignal::kGoesOn) {
    self->on_signal = deadline == kNever ? OnSignal::kRestarts : OnSignal::kReturns;
  }
  const bool is_ready = Wait(self, ready, deadline, OpKind::kNone);
  if (kernel.request.weak) WeakSystem(self);
  return is_ready;
}

void Changed(const void* address) {
  if (kernel.threads.waiting == 0) return;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || thread->ready == nullptr || thread->wait_address != address) continue;
    SetEnabled(thread, CanGoOn(thread));
  }
}

}  // namespace heddle::sim::runtime
