#include "harness/cli/scheduled_program.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/run/host_run.h"
#include "harness/run/program_builds.h"
#include "harness/run/scenario_schedule.h"
#include "harness/run/schedule_extra.h"
#include "sim/supervisor/libtool.h"
#include "sim/text/printable.h"

namespace heddle::cli {
namespace {

// The host that carries out the schedule's scenario.
absl::StatusOr<sim::ProgramOptions> HostOf(const sim::Schedule& schedule, const std::string& path,
                                           const std::string& flavour, const std::string& hosts,
                                           const std::string& folder) {
  const absl::StatusOr<sim::Flavour> parsed = harness::ParseFlavour(flavour);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<harness::ScheduledScenario> scheduled = harness::ScenarioOf(schedule, path);
  if (!scheduled.ok()) return scheduled.status();
  const absl::StatusOr<std::string> host =
      harness::FindHost(HostFolder(hosts), *parsed, scheduled->scenario.producer);
  if (!host.ok()) return host.status();
  return harness::ControlledHost({*host, folder,
                                  ExploredRequest(scheduled->scenario, scheduled->dispatcher),
                                  scheduled->scenario.time_limit});
}

// The one of `programs` that has the recorded program's name, whatever its folder and flavour, or
// the only one; "": none.
std::string Named(const std::vector<std::string>& programs, const std::string& recorded,
                  const std::string& flavour) {
  if (programs.size() == 1) return programs.front();
  const auto name = [&flavour](const std::string& program) {
    return std::filesystem::path(harness::BuildIn(program, flavour)).filename();
  };
  const auto found = std::find_if(programs.begin(), programs.end(), [&](const std::string& each) {
    return name(each) == name(recorded);
  });
  return found == programs.end() ? "" : *found;
}

absl::StatusOr<std::string> ExecutableOf(const sim::Schedule& schedule, const std::string& path,
                                         const std::string& flavour, const Subject& subject) {
  const std::string named = Named(subject.programs, schedule.subject_path, flavour);
  if (!named.empty()) return sim::ProgramBehind(harness::BuildIn(named, flavour));
  if (subject.find_program) return harness::FindBuild(schedule, path, flavour);
  const std::string recorded = sim::Printable(schedule.subject_path);
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": was recorded of the program ", recorded, ", which this command does not run unasked",
      ". If you want to run it, name it: --program ", recorded));
}

absl::StatusOr<sim::ProgramOptions> ProgramOf(const sim::Schedule& schedule,
                                              const std::string& path, const std::string& flavour,
                                              const Subject& subject) {
  const absl::StatusOr<std::string> executable = ExecutableOf(schedule, path, flavour, subject);
  if (!executable.ok()) return executable.status();
  const absl::StatusOr<harness::ScheduleExtra> extra = harness::ReadExtra(schedule, path);
  if (!extra.ok()) return extra.status();
  sim::ProgramOptions program;
  program.arguments = {*executable};
  program.arguments.insert(program.arguments.end(), extra->arguments.begin(),
                           extra->arguments.end());
  return program;
}

}  // namespace

absl::Status Subject::CheckFor(const std::string& path) const {
  if (absl::Status status = sim::CheckEnvironment(environment); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--env: ", status.message()));
  }
  if (absl::Status status = sim::CheckWorkingDirectory(working_folder); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--working-folder: ", status.message()));
  }
  if (before.empty() && shared.empty() && environment.empty() && working_folder.empty()) {
    return absl::OkStatus();
  }
  const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
  if (!schedule.ok() || schedule->subject_kind == "program") return schedule.status();
  return absl::InvalidArgumentError(
      absl::StrCat("--before, --env, --share and --working-folder are for the schedules of "
                   "programs only; ",
                   path, " is of a scenario"));
}

void Subject::Declare(Command command) {
  command.AddOption("--hosts", &hosts,
                    "Folder of the heddle-host executables (default: beside heddle)");
  command
      .AddOption("--program", &programs,
                 find_program
                     ? "The program to run (default: the recorded one, if it is below the current\n"
                       "folder and has not changed)"
                     : "The program to run, for schedules of one; no other program is run")
      .OneEach();
  command.AddOption("--before", &before,
                    "Run this shell command before each execution, as explore --before did");
  command
      .AddOption("--env", &environment,
                 "NAME=VALUE: set it for the program, as explore --env did (may be repeated)")
      .OneEach();
  command.AddOption("--working-folder", &working_folder,
                    "Start the program in this folder, as explore --working-folder did");
  command
      .AddOption("--share", &shared,
                 "Let executions change this folder for real, as explore --share did (may be\n"
                 "repeated)")
      .OneEach();
}

absl::StatusOr<sim::ProgramOptions> ScheduledProgram(const sim::Schedule& schedule,
                                                     const std::string& path,
                                                     const std::string& flavour,
                                                     const Subject& subject,
                                                     const std::string& folder) {
  if (absl::Status status = subject.CheckFor(path); !status.ok()) return status;
  absl::StatusOr<sim::ProgramOptions> program =
      schedule.subject_kind == "program" ? ProgramOf(schedule, path, flavour, subject)
                                         : HostOf(schedule, path, flavour, subject.hosts, folder);
  if (program.ok() && schedule.subject_kind == "program") {
    program->before = subject.before;
    program->shared_folders = subject.shared;
    program->environment = subject.environment;
    program->working_directory = subject.working_folder;
  }
  return program;
}

}  // namespace heddle::cli
