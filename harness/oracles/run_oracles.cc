#include "harness/oracles/run_oracles.h"

#include <utility>

#include "harness/oracles/conservation.h"
#include "harness/oracles/reference.h"
#include "harness/oracles/serialisability.h"

namespace heddle::harness {

absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> MakeRunOracles(
    const Scenario& scenario, Dispatcher dispatcher, const trace::Trace& trace,
    const host::Request& request) {
  std::vector<std::unique_ptr<RunOracle>> oracles;
  if (scenario.Compares(Oracle::kConservation)) {
    oracles.push_back(std::make_unique<ConservationOracle>(trace, request));
  }
  // The reference compared with itself would prove nothing.
  if (scenario.Compares(Oracle::kSerialisability) && dispatcher != Dispatcher::kReference) {
    absl::StatusOr<std::unique_ptr<Reference>> reference = Reference::Create(trace.header);
    if (!reference.ok()) return reference.status();
    oracles.push_back(std::make_unique<SerialisabilityOracle>(trace, *std::move(reference)));
  }
  return oracles;
}

}  // namespace heddle::harness
