// Operations that can block, and what makes a waiting thread able to go on.
//
//   WaitPoint(self, ..., ready, deadline)   not offered to the strategy until ready(self) holds or
//                                           the deadline has come;
//   Changed(address)                        after an operation that may have made the ready() of
//                                           another thread that waits on `address` true or false.
//
// The truth about a mutex, semaphore or rwlock is the real object (ready() peeks into glibc's
// fields), so memory that is reused without a destroy call cannot confuse the model, and the real
// call that follows keeps the sanitizers' and glibc's own view. Only condition variables and
// futexes, whose waiting is what the kernel takes over, have a model of their own (wait_queue.h).
//
// All of it runs on the thread that has control.
#ifndef HEDDLE_SIM_RUNTIME_CORE_WAITING_H_
#define HEDDLE_SIM_RUNTIME_CORE_WAITING_H_

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

// `self`, which is the running thread, stops at a point and does not go on before ready(self) holds
// or `deadline` (virtual ns since the start of the execution) has come. True: it is ready. False:
// the deadline came first, or a signal handler has ended the wait (self->interrupted): which do
// that is self->on_signal, set before the call. A cancellation point does not return when the
// thread was cancelled, unless it was in a wait queue (self->interrupted then too). The operation
// becomes `timeout_kind` (if not kNone) when it does.
bool WaitPoint(Thread* self, OpKind kind, Access access, const void* address, Ready ready,
               int64_t deadline = kNever, OpKind timeout_kind = OpKind::kNone);
// Same, on one of the fixed objects (clock, files, random); woken by a deadline only.
bool WaitOn(Thread* self, OpKind kind, Access access, ObjectId object, Ready ready,
            int64_t deadline, OpKind timeout_kind);
// Same, for what depends on file descriptors; asked again after each IoChanged().
bool WaitIo(Thread* self, OpKind kind, Ready ready, int64_t deadline);

// Its beginning and its end, for a thread whose operation is announced.
void BeginWait(Thread* thread, Ready ready, int64_t deadline, OpKind timeout_kind);
void EndWait(Thread* thread);
// A wait that is set aside while the thread runs a signal handler. A thread that was in a wait
// queue has left it.
struct SuspendedWait {
  Ready ready;  // null: it did not wait
  int64_t deadline;
  OpKind timeout_kind;
  const void* wait_address;
  uint64_t wait_value;
  void* wait_data;
  OnSignal on_signal;
  bool wait_io, wait_room, cancellable;
  bool left_queue;
};
void SuspendWait(Thread* self, SuspendedWait* wait);
// Its operation is pending again; Schedule() follows.
void ResumeWait(Thread* self, const SuspendedWait& wait);

void Changed(const void* address);
// Another process has run, under control: descriptors may be ready or not ready. Programs that run
// free have done what they do about it.
inline void OthersMayHaveChangedIo() {
  if (__builtin_expect(kernel.free_children != nullptr && *kernel.free_children != 0, 0)) {
    SettleFreeProcesses();
  }
  ++kernel.threads.io_epoch;
  if (kernel.threads.io_waiting != 0) kernel.candidates.dirty = true;
}
// After an operation that may have made any file descriptor ready or not ready.
inline void IoChanged() {
  ++kernel.threads.io_changes;
  OthersMayHaveChangedIo();
}

// Whether the thread could go on now. Asks its ready().
inline bool CanGoOn(Thread* thread) {
  if (thread->ready == nullptr || thread->timed_out || thread->arrived) return true;
  if (thread->cancellable && CancelDue(thread)) return true;
  if (thread->wait_io) thread->io_epoch = kernel.threads.io_epoch;
  return thread->ready(thread);
}
inline void SetEnabled(Thread* thread, bool enabled) {
  if (thread->enabled == enabled) return;
  thread->enabled = enabled;
  if (enabled) {
    thread->last_run = kernel.log.points;
    thread->last_run_ns = kernel.clock.now;
    if (kernel.view.last_thread != kClock) {
      kernel.clock.idle_jumps = 0;
      kernel.clock.idle_since = kernel.clock.now;
    }
    if (thread->passed_over_since == kNotPassedOver) {
      thread->passed_over_since = kernel.log.points;
    } else {
      OfferAloneIfStarving(thread);
    }
  }
  kernel.candidates.dirty = true;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WAITING_H_
