// Wall-clock time in slots and intervals (leanSpec, node/chain/clock.py). Pure functions: the time
// is an argument. Before genesis everything is 0.
#ifndef HEDDLE_SRC_CHAIN_SLOT_CLOCK_H_
#define HEDDLE_SRC_CHAIN_SLOT_CLOCK_H_

#include <cstdint>

#include "src/chain/slot.h"

namespace heddle::chain {

// `genesis_time` is in Unix seconds, `now` in Unix milliseconds.

uint64_t MillisecondsSinceGenesis(uint64_t genesis_time, uint64_t now);

Slot CurrentSlot(uint64_t genesis_time, uint64_t now);

// Interval within the slot: 0 to kIntervalsPerSlot - 1.
Interval CurrentInterval(uint64_t genesis_time, uint64_t now);

// Intervals since genesis.
Interval TotalIntervals(uint64_t genesis_time, uint64_t now);

// Milliseconds to the next interval's start: a whole interval on a boundary, never zero. Before
// genesis: to genesis.
uint64_t MillisecondsUntilNextInterval(uint64_t genesis_time, uint64_t now);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_SLOT_CLOCK_H_
