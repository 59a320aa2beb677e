// Serialisability: the reference, one thread that is given the host's own order of application,
// ticks included, has the same outcome at each event and the same snapshot at each tick and at the
// end. Then the host's interleaving was equal to a sequential one.
#ifndef HEDDLE_HARNESS_ORACLES_SERIALISABILITY_H_
#define HEDDLE_HARNESS_ORACLES_SERIALISABILITY_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "harness/oracles/oracle.h"
#include "harness/oracles/reference.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Finding;

class SerialisabilityOracle : public RunOracle {
 public:
  // `trace` must outlive the oracle. `reference` is fresh.
  SerialisabilityOracle(const trace::Trace& trace, std::unique_ptr<Reference> reference)
      : trace_(trace), reference_(std::move(reference)) {}

  std::optional<Finding> OnLine(const HostLine& line) override;

 private:
  std::optional<Finding> OnApplied(const Applied& applied);
  std::optional<Finding> WithNextTrees(const HostLine& line);
  std::optional<Finding> OnTicked(const Ticked& ticked);

  const trace::Trace& trace_;
  std::unique_ptr<Reference> reference_;
  uint64_t interval_ = 0;  // of the last tick
  // A violation at an event, until the host shows its tree: events come without one.
  std::optional<Finding> parted_;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_SERIALISABILITY_H_
