#include "harness/shrink/violations.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "harness/oracles/run_oracles.h"
#include "harness/run/run_watcher.h"
#include "harness/run/scenario_schedule.h"

namespace heddle::harness {

absl::StatusOr<std::vector<Finding>> ViolationsIn(const Scenario& scenario, Dispatcher dispatcher,
                                                  const trace::Trace& trace,
                                                  const std::string& result,
                                                  const std::optional<NamedResult>& base) {
  absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> oracles =
      MakeRunOracles(scenario, dispatcher, trace, ExploredRequest(scenario, dispatcher));
  if (!oracles.ok()) return oracles.status();
  RunWatcher watcher(*std::move(oracles));
  if (absl::Status status = watcher.ReadResult(result); !status.ok()) return status;
  std::vector<Finding> violations = watcher.TakeViolations();
  if (!base.has_value()) return violations;
  absl::StatusOr<std::optional<Finding>> difference =
      CheckEquivalence(trace, scenario.mode, *base, {dispatcher, result});
  if (!difference.ok()) return difference.status();
  if (difference->has_value()) violations.push_back(**std::move(difference));
  return violations;
}

}  // namespace heddle::harness
