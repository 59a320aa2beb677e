// Bounded unfairness: kernel.fairness. Whoever is passed over for too long (kMaxPassedOver,
// kMaxClockPassedOver) is offered alone.
#ifndef HEDDLE_SIM_RUNTIME_CORE_FAIRNESS_H_
#define HEDDLE_SIM_RUNTIME_CORE_FAIRNESS_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

struct Fairness {
  Thread* forced = nullptr;   // offered alone while it can run...
  uint64_t forced_until = 0;  // ...up to this point
  bool clock_forced = false;  // the clock is offered alone, once
};

// Points between two looks at who was passed over. A power of two, so that asking whether it is
// time costs nothing; small against kMaxPassedOver, so that the bound is met nearly exactly.
inline constexpr uint64_t kFairnessInterval = 256;

// Decides who is offered alone. The candidates are dirty afterwards when that changes them.
void CheckFairness();

// `thread` can go on again: offers it alone if it was passed over for too long. So a lock that
// others take in turn, always before it can, is had by it too.
void OfferAloneIfStarving(Thread* thread);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_FAIRNESS_H_
