// An oracle watches one run go by, line by line in the order of application, and says what is
// wrong.
#ifndef HEDDLE_HARNESS_ORACLES_ORACLE_H_
#define HEDDLE_HARNESS_ORACLES_ORACLE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "harness/host/result_reader.h"
#include "reports/model/finding.h"

namespace heddle::harness {

using reports::Finding;
using reports::FindingKind;

class RunOracle {
 public:
  virtual ~RunOracle() = default;

  // The next line of the result. The `Ended` line is the last one and always comes: a run without
  // it crashed or hung, and is not shown to oracles. After a violation no more lines are shown:
  // what follows a first difference is noise. (An oracle may itself hold a violation at an event
  // back up to the next line with a snapshot, to show both trees.)
  virtual std::optional<Finding> OnLine(const HostLine& line) = 0;
};

// A finding without stacks. `place` tells it from others of its kind: see DedupKeyOf().
inline Finding OracleFinding(FindingKind kind, absl::string_view oracle, std::string detail,
                             std::string message, absl::string_view place = "") {
  Finding finding;
  finding.kind = kind;
  finding.source = std::string(oracle);
  finding.detail = std::move(detail);
  finding.message = std::move(message);
  finding.dedup_key = DedupKeyOf(finding, place);
  return finding;
}

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_ORACLE_H_
