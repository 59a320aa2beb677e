// Which oracles a scenario asks line by line.
#ifndef HEDDLE_HARNESS_ORACLES_RUN_ORACLES_H_
#define HEDDLE_HARNESS_ORACLES_RUN_ORACLES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/oracles/oracle.h"
#include "harness/scenario/scenario.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

// Conservation and serialisability, as far as `scenario` compares them, for one run of `dispatcher`
// that was given `trace` and `request`. (An expectation belongs to one trace only: the caller's
// business.) `trace` must outlive the oracles. An error when the trace makes no genesis.
absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> MakeRunOracles(
    const Scenario& scenario, Dispatcher dispatcher, const trace::Trace& trace,
    const host::Request& request);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_RUN_ORACLES_H_
