// Which stores are read under a weak memory model, for strategies that choose threads at random.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_STALE_READS_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_STALE_READS_H_

#include <cstdint>
#include <memory>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// A strategy that decides as `strategy` does, and at the choice of a store takes the newest, or,
// with a rate (per cent; 0: each execution draws it anew), one of the others, all alike. No single
// rate suits every bug: some need one old value among many new ones, others many in a row. The
// random numbers are a stream of their own, so that the threads are chosen as under sequential
// consistency until the first old value is read.
std::unique_ptr<Strategy> WithStaleReads(std::unique_ptr<Strategy> strategy, uint32_t rate = 0);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_STALE_READS_H_
