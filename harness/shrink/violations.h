// Runs the oracles on one execution that is clean for the runtime.
#ifndef HEDDLE_HARNESS_SHRINK_VIOLATIONS_H_
#define HEDDLE_HARNESS_SHRINK_VIOLATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/oracles/equivalence.h"
#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Finding;

// What the oracles of `scenario` say against the result file of a host that was given `trace`: the
// first violation of each, as a campaign reports them. `base` is the result of another dispatcher
// to compare the whole with, for equivalence; absent: not compared.
// An error: the result is not whole, or cannot be read. The expectation is not compared: it belongs
// to one trace only.
absl::StatusOr<std::vector<Finding>> ViolationsIn(const Scenario& scenario, Dispatcher dispatcher,
                                                  const trace::Trace& trace,
                                                  const std::string& result,
                                                  const std::optional<NamedResult>& base);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_VIOLATIONS_H_
