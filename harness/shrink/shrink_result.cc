#include "harness/shrink/shrink_result.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "harness/run/scenario_schedule.h"
#include "harness/shrink/explain.h"
#include "harness/shrink/shrink.h"
#include "nlohmann/json.hpp"
#include "sim/json/parse.h"
#include "sim/shrink/switches.h"

namespace heddle::harness {
namespace {

absl::Status WriteText(const std::string& text, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("writing ", path));
  return absl::OkStatus();
}

absl::Status WriteScenario(const ShrinkState& state, sim::Schedule* result) {
  absl::StatusOr<sim::Outcome> outcome = state.prober->StopAt(state.steps, state.steps.size());
  if (!outcome.ok()) return outcome.status();
  FindingKind kind = FindingKind::kDivergence;
  if (outcome->finding != sim::FailureKind::kNone) {
    sim::DistinctFinding found;
    found.kind = outcome->finding;
    found.message = outcome->message;
    found.standard_error = outcome->standard_error;
    kind = FindingsOf(found).front().kind;
  } else {
    for (const ExpectedFinding& expected : state.subject->scenario().expect) kind = expected.kind;
  }
  absl::Status status =
      state.subject->Write(state.kept, std::string(Name(kind)), state.options.out);
  if (!status.ok()) return status;
  absl::StatusOr<Scenario> written =
      ReadScenario(absl::StrCat(state.options.out, "/scenario.yaml"));
  if (!written.ok()) return written.status();
  const absl::StatusOr<std::string> hash = SubjectHash(*written, state.subject->dispatcher());
  if (!hash.ok()) return hash.status();
  result->subject_path = "scenario.yaml";
  result->subject_hash = *hash;
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteShrunk(ShrinkState* state) {
  state->Announce("writing the narrative");
  std::error_code error;
  std::filesystem::create_directories(state->options.out, error);
  if (error)
    return absl::FailedPreconditionError(absl::StrCat(state->options.out, ": ", error.message()));
  absl::StatusOr<sim::Schedule> result = state->prober->Record(state->steps);
  if (!result.ok()) return result.status();
  if (state->subject != nullptr && state->target.faults.empty()) state->subject->DropSystemFaults();
  nlohmann::ordered_json extra =
      json::Parse(state->schedule.extra, "extra").value_or(nlohmann::ordered_json::object());
  extra["switches"] = sim::FormatSwitches(state->switches);
  if (state->subject != nullptr) extra["faults"] = FaultSettings(state->subject->scenario().faults);
  extra["shrunk_from"] = {{"events", state->report.before.events},
                          {"context_switches", state->report.before.context_switches},
                          {"points", state->report.before.points},
                          {"faults", state->report.before.faults}};
  result->extra = extra.dump();
  result->subject_kind = state->schedule.subject_kind;
  result->subject_path = state->schedule.subject_path;
  result->subject_hash = state->schedule.subject_hash;
  result->subject_builds = state->schedule.subject_builds;
  if (state->subject != nullptr) {
    if (absl::Status status = WriteScenario(*state, &*result); !status.ok()) return status;
  }
  state->report.after = state->Size();
  state->report.schedule = absl::StrCat(state->options.out, "/", kShrunkSchedule);
  if (absl::Status status = sim::WriteSchedule(*result, state->report.schedule); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> narrative = ExplainFinding(
      state->report.schedule, state->options.host_folder, state->options.program, state->Until(1));
  if (!narrative.ok()) return narrative.status();
  state->report.narrative = *std::move(narrative);
  return WriteText(state->report.narrative, absl::StrCat(state->options.out, "/narrative.md"));
}

}  // namespace heddle::harness
