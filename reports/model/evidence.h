// From what was seen to findings: the one place where sanitizers' reports and the runtime's verdict
// on an execution become findings. Scenario campaigns, program campaigns, free runs and replays all
// come here.
#ifndef HEDDLE_REPORTS_MODEL_EVIDENCE_H_
#define HEDDLE_REPORTS_MODEL_EVIDENCE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding.h"
#include "sim/protocol/control.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::reports {

// One for each error, in their order; not deduplicated.
std::vector<Finding> FindingsOf(const std::vector<sim::SanitizerReport>& reports);

// An execution under control that failed.
struct FailedExecution {
  sim::FailureKind kind = sim::FailureKind::kNone;
  std::string message;               // the runtime's, or the signal
  std::string description;           // with all stacks
  absl::string_view standard_error;  // with the names filled in
  absl::string_view standard_output{};
  std::string dedup_key;             // sim/stacks/dedup_key.h
  std::vector<sim::Stack> stacks{};  // Supervisor::StacksOf()
};
// The sanitizers' reports where there are some, as they say more than the end that follows; else
// one finding of the runtime's.
std::vector<Finding> FindingsOf(const FailedExecution& execution);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_EVIDENCE_H_
