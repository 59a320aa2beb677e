// The program that a schedule file is about, ready to be started.
#ifndef HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_
#define HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::cli {

// `path` is the schedule's file, for messages. `hosts` is the folder of the heddle-host executables
// ("": beside heddle); `folder` takes the request and the result of a host. NotFound or
// InvalidArgument when the subject is not there or has changed, Unavailable when it is not built.
absl::StatusOr<sim::ProgramOptions> ScheduledProgram(const sim::Schedule& schedule,
                                                     const std::string& path,
                                                     const std::string& flavour,
                                                     const std::string& hosts,
                                                     const std::string& folder);

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_
