// heddle explain: the narrative of a schedule that was shrunk.
#ifndef HEDDLE_HARNESS_SHRINK_EXPLAIN_H_
#define HEDDLE_HARNESS_SHRINK_EXPLAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::harness {

// The program that a schedule of a program is about.
using ProgramOfSchedule =
    std::function<absl::StatusOr<sim::ProgramOptions>(const sim::Schedule& schedule)>;

// The narrative of the schedule file `schedule`, each of its switches tested anew as long as
// `go_on` says so. FailedPrecondition for a schedule that was not shrunk; InvalidArgument and
// NotFound for files that are no good.
absl::StatusOr<std::string> ExplainFinding(const std::string& schedule,
                                           const std::string& host_folder,
                                           const ProgramOfSchedule& program_of,
                                           const std::function<bool()>& go_on);

// What the schedule is one of: "Program `./queue-det --events 4`, flavour det."
std::string SubjectLine(const sim::Schedule& schedule);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_EXPLAIN_H_
