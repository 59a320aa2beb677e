#include "sim/runtime/core/fairness.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

namespace {

bool Starves(const Thread* thread) {
  const bool waits_count = kernel.request.rules >= 2;
  return kernel.log.points - (waits_count ? thread->passed_over_since : thread->last_run) >
         kMaxPassedOver;
}

void OfferAlone(Thread* thread) {
  kernel.fairness.forced = thread;
  kernel.fairness.forced_until = kernel.log.points + kFairSlice;
  kernel.candidates.dirty = true;
}

}  // namespace

void OfferAloneIfStarving(Thread* thread) {
  if (kernel.fairness.forced == nullptr && Starves(thread)) OfferAlone(thread);
}

void CheckFairness() {
  Fairness& fairness = kernel.fairness;
  const uint64_t points = kernel.log.points;
  if (fairness.forced != nullptr) {
    KERNEL_CHECK(fairness.forced->alive, "the thread that is offered alone is alive");
    if (points < fairness.forced_until && fairness.forced->enabled) return;
    fairness.forced = nullptr;
    kernel.candidates.dirty = true;
  }
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr || !thread->enabled || !Starves(thread)) continue;
    OfferAlone(thread);
    return;
  }
  if (kernel.clock.held) kernel.candidates.dirty = true;  // the debt may be paid by now
  if (kernel.clock.earliest_deadline != kNever &&
      points - kernel.clock.deadline_since > kMaxClockPassedOver) {
    fairness.clock_forced = true;
    kernel.candidates.dirty = true;
  }
}

}  // namespace heddle::sim::runtime
