#include "harness/cli/scheduled_program.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/cli/command.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "harness/run/schedule_extra.h"

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
  const absl::StatusOr<std::string> host = harness::FindHost(HostFolder(hosts), *parsed);
  if (!host.ok()) return host.status();
  const std::string request = absl::StrCat(folder, "/request.json");
  const absl::Status status =
      harness::WriteRequest(ExploredRequest(scheduled->scenario, scheduled->dispatcher), request);
  if (!status.ok()) return status;
  return harness::ControlledProgram(*host, request, absl::StrCat(folder, "/result.jsonl"),
                                    scheduled->scenario.time_limit);
}

// The schedule's own program; in another flavour, the executable beside it with that ending.
absl::StatusOr<sim::ProgramOptions> ProgramOf(const sim::Schedule& schedule,
                                              const std::string& path, const std::string& flavour) {
  std::string executable = harness::SubjectPath(schedule.subject_path, path);
  const std::string ending = absl::StrCat("-", schedule.flavour);
  if (flavour != schedule.flavour && absl::EndsWith(executable, ending)) {
    executable = absl::StrCat(absl::StripSuffix(executable, ending), "-", flavour);
  }
  const absl::StatusOr<harness::ScheduleExtra> extra = harness::ReadExtra(schedule, path);
  if (!extra.ok()) return extra.status();
  sim::ProgramOptions program;
  program.arguments = {executable};
  program.arguments.insert(program.arguments.end(), extra->arguments.begin(),
                           extra->arguments.end());
  return program;
}

}  // namespace

absl::StatusOr<sim::ProgramOptions> ScheduledProgram(const sim::Schedule& schedule,
                                                     const std::string& path,
                                                     const std::string& flavour,
                                                     const std::string& hosts,
                                                     const std::string& folder) {
  return schedule.subject_kind == "program" ? ProgramOf(schedule, path, flavour)
                                            : HostOf(schedule, path, flavour, hosts, folder);
}

}  // namespace heddle::cli
