#include "sim/runtime/core/virtual_clock.h"

#include <algorithm>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/timers.h"

namespace heddle::sim::runtime {
namespace {

void SetEarliest(int64_t deadline) {
  kernel.clock.earliest_deadline = deadline;
  kernel.clock.deadline_since = kernel.log.points;
  kernel.fairness.clock_forced = false;
  kernel.candidates.dirty = true;
}

// Everything whose deadline is not after the present.
void WakeDue() {
  TimersFire();
  ChildTimersFire();
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || thread->timed_out || thread->deadline > kernel.clock.now) continue;
    KERNEL_CHECK(thread->ready != nullptr, "a thread that has a deadline waits");
    thread->timed_out = true;
    // A thread that is woken and timed out at once is woken.
    if (thread->timeout_kind != OpKind::kNone && !thread->arrived && !thread->ready(thread)) {
      thread->pending.kind = thread->timeout_kind;
    }
    SetEnabled(thread, true);
  }
  RecomputeDeadline();
  KERNEL_CHECK(kernel.clock.earliest_deadline > kernel.clock.now,
               "every deadline up to the present was met");
}

// What is left of the clock's debt at this point.
int64_t ClockDebt() {
  KERNEL_CHECK(kernel.clock.debt_since <= kernel.log.points,
               "the clock's debt is not of the future");
  const auto paid =
      static_cast<int64_t>((kernel.log.points - kernel.clock.debt_since) * kNsPerPoint);
  return std::max<int64_t>(kernel.clock.debt - paid, 0);
}

}  // namespace

void ClockMoved() {
  if (kernel.clock.now >= kernel.clock.earliest_deadline) WakeDue();
}

int64_t ReadClock(Thread* self) {
  PointOn(self, OpKind::kClockRead, Access::kWrite, kClockObject);
  kernel.clock.now += static_cast<int64_t>(kClockReadNs);
  ClockMoved();
  return kernel.clock.now;
}

int64_t DeadlineAfter(int64_t ns) {
  if (ns < 0) ns = 0;
  return ns > kNever - 1 - kernel.clock.now ? kNever - 1 : kernel.clock.now + ns;
}

void DeadlineAdded(int64_t deadline) {
  if (deadline < kernel.clock.earliest_deadline) SetEarliest(deadline);
}

void RecomputeDeadline() {
  int64_t earliest = std::min(TimersEarliest(), ChildTimersEarliest());
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->timed_out && thread->deadline < earliest) {
      earliest = thread->deadline;
    }
  }
  if (earliest != kernel.clock.earliest_deadline) SetEarliest(earliest);
}

// Without the bound on overtaking every timeout would come before what it waits for: a busy machine
// is slow, it has not stopped.
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

void AdvanceClock() {
  KERNEL_CHECK(kernel.clock.earliest_deadline != kNever, "the clock moves to a deadline");
  if (kernel.clock.earliest_deadline > kernel.clock.now) {
    const int64_t jump = kernel.clock.earliest_deadline - kernel.clock.now;
    kernel.clock.debt = AnyThreadCanRun() ? ClockDebt() + jump : 0;
    kernel.clock.debt_since = kernel.log.points;
    kernel.clock.now = kernel.clock.earliest_deadline;
  }
  WakeDue();
}

}  // namespace heddle::sim::runtime
