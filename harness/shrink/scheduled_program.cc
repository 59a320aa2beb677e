#include "harness/shrink/scheduled_program.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "nlohmann/json.hpp"

namespace heddle::harness {

absl::StatusOr<sim::ProgramOptions> HostOf(const sim::Schedule& schedule, const std::string& path,
                                           const std::string& flavour,
                                           const std::string& host_folder,
                                           const std::string& folder) {
  const absl::StatusOr<Flavour> parsed = ParseFlavour(flavour);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<ScheduledScenario> scheduled = ScenarioOf(schedule, path);
  if (!scheduled.ok()) return scheduled.status();
  const absl::StatusOr<std::string> host = FindHost(host_folder, *parsed);
  if (!host.ok()) return host.status();
  const std::string request = absl::StrCat(folder, "/request.json");
  const absl::Status status =
      WriteRequest(ExploredRequest(scheduled->scenario, scheduled->dispatcher), request);
  if (!status.ok()) return status;
  return ControlledProgram(*host, request, absl::StrCat(folder, "/result.jsonl"),
                           scheduled->scenario.time_limit);
}

absl::StatusOr<sim::ProgramOptions> ProgramOf(const sim::Schedule& schedule,
                                              const std::string& path, const std::string& flavour) {
  std::string executable = schedule.subject_path;
  const std::string ending = absl::StrCat("-", schedule.flavour);
  if (flavour != schedule.flavour && absl::EndsWith(executable, ending)) {
    executable = absl::StrCat(absl::StripSuffix(executable, ending), "-", flavour);
  }
  const nlohmann::json extra = nlohmann::json::parse(schedule.extra, nullptr, false);
  sim::ProgramOptions program;
  program.arguments = {executable};
  if (extra.is_object() && extra.contains("arguments")) {
    for (const auto& argument : extra["arguments"]) {
      if (!argument.is_string()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": extra.arguments: expected strings"));
      }
      program.arguments.push_back(argument);
    }
  }
  return program;
}

}  // namespace heddle::harness
