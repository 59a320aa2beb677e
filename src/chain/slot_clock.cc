#include "src/chain/slot_clock.h"

#include "src/chain/config.h"

namespace heddle::chain {

uint64_t MillisecondsSinceGenesis(uint64_t genesis_time, uint64_t now) {
  // In seconds first: a genesis time near 2^64 has no count of milliseconds.
  if (now / 1000 < genesis_time) return 0;
  return now - genesis_time * 1000;
}

Slot CurrentSlot(uint64_t genesis_time, uint64_t now) {
  return MillisecondsSinceGenesis(genesis_time, now) / kMillisecondsPerSlot;
}

Interval CurrentInterval(uint64_t genesis_time, uint64_t now) {
  return MillisecondsSinceGenesis(genesis_time, now) % kMillisecondsPerSlot /
         kMillisecondsPerInterval;
}

Interval TotalIntervals(uint64_t genesis_time, uint64_t now) {
  return MillisecondsSinceGenesis(genesis_time, now) / kMillisecondsPerInterval;
}

uint64_t MillisecondsUntilNextInterval(uint64_t genesis_time, uint64_t now) {
  if (now / 1000 < genesis_time) return genesis_time * 1000 - now;
  return kMillisecondsPerInterval -
         MillisecondsSinceGenesis(genesis_time, now) % kMillisecondsPerInterval;
}

}  // namespace heddle::chain
