// What a campaign learnt, for people: what `auto` took, and whether more schedules are worth it.
#ifndef HEDDLE_SIM_EXPLORE_LEARNT_H_
#define HEDDLE_SIM_EXPLORE_LEARNT_H_

#include <string>

#include "sim/explore/explore.h"

namespace heddle::sim {

// "auto took surw (35%), pos (24%)...; points at memory accesses in 45%, memory c11 in 12%". ""
// without a strategy that plans.
std::string Took(const ExploreResult& result);

// Whether it did what a campaign without that does not: preempt at plain memory accesses, and read
// old values.
bool TookMemoryPoints(const ExploreResult& result);
bool TookWeakMemory(const ExploreResult& result);

// Why a campaign that found nothing can end: its later schedules showed nothing new. "" when they
// did, or there were too few to tell.
std::string LearningHint(const ExploreResult& result);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_LEARNT_H_
