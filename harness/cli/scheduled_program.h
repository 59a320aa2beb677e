// The program that a schedule file is about, ready to be started.
#ifndef HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_
#define HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/options.h"
#include "sim/schedule/schedule.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::cli {

// How a command finds what a schedule is about.
struct Subject {
  // InvalidArgument when --before, --env, --share or --working-folder is given and the schedule in
  // the file `path` is of a scenario.
  absl::Status CheckFor(const std::string& path) const;

  // Adds --hosts, --program, --before, --env, --share and --working-folder to `command`. This
  // object must outlive it.
  void Declare(Command command);

  // Folder of the heddle-host executables; "": beside heddle.
  std::string hosts;
  // The programs that the user named, for the schedules of programs.
  std::vector<std::string> programs;
  // A shell command that runs before each execution; "": none.
  std::string before;
  // Folders that executions change for real.
  std::vector<std::string> shared;
  // NAME=VALUE, beside the fixed environment.
  std::vector<std::string> environment;
  // Where the program starts; "": the current folder.
  std::string working_folder;
  // Whether a program may run that the user did not name: see FindBuild().
  bool find_program = false;
};

// `path` is the schedule's file. `folder` takes the request and the result of a host. NotFound or
// InvalidArgument when the subject is not there or has changed, Unavailable when it is not built,
// FailedPrecondition when it is a program that must not run.
absl::StatusOr<sim::ProgramOptions> ScheduledProgram(const sim::Schedule& schedule,
                                                     const std::string& path,
                                                     const std::string& flavour,
                                                     const Subject& subject,
                                                     const std::string& folder);

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_SCHEDULED_PROGRAM_H_
