// Whether a fault of the environment comes now. See sim/protocol/faults.h for what the kinds mean.
#ifndef HEDDLE_SIM_RUNTIME_CORE_FAULTS_H_
#define HEDDLE_SIM_RUNTIME_CORE_FAULTS_H_

#include <cstddef>

#include "sim/protocol/faults.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

bool DecideFault(Thread* self, FaultKind kind);
// Asked on each occasion for one, before the point, by the running thread: whether it comes now.
// Counts the occasion, and writes down what comes.
inline bool FaultComes(Thread* self, FaultKind kind) {
  return __builtin_expect(kernel.faults.any, 0) && DecideFault(self, kind);
}

// How much of `size` > 1 bytes a short read or write moves: fewer, at least one, the same each time
// for one fault.
size_t ShortenedSize(const Thread* self, FaultKind kind, size_t size);

// At the start of an execution, which draws from `random`.
void ResetFaults(const Random& random);

// Whether what the calling thread does meets no faults: see FaultScope in sim/runtime/runtime.h.
bool Faultless();
void SetFaultless(bool faultless);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_FAULTS_H_
