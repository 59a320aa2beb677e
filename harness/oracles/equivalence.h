// Equivalence: two dispatchers that were given the same trace come to the same chain. In lockstep
// at every event and tick; with free interleaving once all is quiet (head, justified, finalized).
#ifndef HEDDLE_HARNESS_ORACLES_EQUIVALENCE_H_
#define HEDDLE_HARNESS_ORACLES_EQUIVALENCE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Finding;

// One dispatcher's complete result.
struct NamedResult {
  Dispatcher dispatcher = Dispatcher::kMutex;
  std::string path;
};

// The first difference between `base` and `other`, if any. A status when a result cannot be read.
absl::StatusOr<std::optional<Finding>> CheckEquivalence(const trace::Trace& trace, Mode mode,
                                                        const NamedResult& base,
                                                        const NamedResult& other);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_EQUIVALENCE_H_
