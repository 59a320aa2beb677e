// The results that those of a scenario's other dispatchers are compared with (oracle
// `equivalence`): one of the first dispatcher for each flavour.
#ifndef HEDDLE_HARNESS_RUN_BASELINE_H_
#define HEDDLE_HARNESS_RUN_BASELINE_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "harness/oracles/equivalence.h"
#include "harness/run/cell_plan.h"
#include "reports/model/finding.h"

namespace heddle::harness {

using reports::Finding;

// Of one run of one scenario. Thread rule: any thread.
class Baselines {
 public:
  // The first difference of `result`, a complete result of the cell, from the baseline of its
  // flavour. If there is none yet, it becomes `result` where the cell's dispatcher is the
  // scenario's first; otherwise the first dispatcher is run once for it, while other threads that
  // compare wait.
  // FailedPrecondition when that run does not complete; Unavailable when the environment lacks
  // something.
  absl::StatusOr<std::optional<Finding>> Compare(const CellPlan& plan, const std::string& result);

 private:
  absl::StatusOr<NamedResult> Of(const CellPlan& plan, const std::string& result);

  std::mutex mutex_;
  std::map<Flavour, NamedResult> results_;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_BASELINE_H_
