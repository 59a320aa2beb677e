// Runs a scenario: one host process for each dispatcher, flavour and run; the oracles over each
// result; and the comparison with what the scenario expects.
#ifndef HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_
#define HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_

#include "absl/status/statusor.h"
#include "harness/run/run_options.h"
#include "harness/scenario/scenario.h"
#include "reports/model/verdict.h"

namespace heddle::harness {

using reports::ScenarioResult;

// InvalidArgument or NotFound: the scenario's files are invalid. The result says what the
// environment lacks, and whether the run was interrupted.
absl::StatusOr<ScenarioResult> RunScenario(const Scenario& scenario, const RunOptions& options);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_
