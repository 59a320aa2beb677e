#include "sim/schedule/schedule.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "sim/schedule/step_codec.h"

namespace heddle::sim {

namespace {

using Json = nlohmann::ordered_json;

// Errors are exceptions of this file's own inside, one Status outside.
struct Bad {
  std::string what;
};

template <typename T>
T Field(const Json& object, const char* name, const char* expected) {
  const auto found = object.find(name);
  if (found == object.end()) {
    throw Bad{absl::StrCat("\"", name, "\" is missing; expected ", expected)};
  }
  try {
    return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    throw Bad{absl::StrCat("\"", name, "\" is ", found->type_name(), "; expected ", expected)};
  }
}

const Json& Object(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_object()) {
    throw Bad{absl::StrCat("\"", name, "\" is missing or not an object")};
  }
  return *found;
}

Json EncodeFaults(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) {
    list.push_back(
        {{"fault", FaultKindName(fault.kind)}, {"thread", fault.thread}, {"nth", fault.nth}});
  }
  return list;
}

std::vector<Fault> DecodeFaults(const Json& list) {
  if (!list.is_array() || list.size() > kMaxFaults) {
    throw Bad{absl::StrCat("\"faults\" is not a list of at most ", kMaxFaults, " faults")};
  }
  std::vector<Fault> faults;
  for (const Json& item : list) {
    if (!item.is_object()) throw Bad{"\"faults\" holds something that is not an object"};
    const auto name = Field<std::string>(item, "fault", "a fault's name");
    const auto* const found =
        std::find(std::begin(kFaultKindNames), std::end(kFaultKindNames), name);
    if (found == std::end(kFaultKindNames)) {
      throw Bad{absl::StrCat("\"faults\": unknown fault \"", name, "\"")};
    }
    faults.push_back({static_cast<FaultKind>(found - std::begin(kFaultKindNames)),
                      Field<uint32_t>(item, "thread", "a number"),
                      Field<uint32_t>(item, "nth", "a number")});
  }
  return faults;
}

FailureKind FindingFromName(const std::string& name) {
  for (uint32_t i = 0; i <= static_cast<uint32_t>(kLastFailureKind); ++i) {
    if (name == FailureKindName(static_cast<FailureKind>(i))) return static_cast<FailureKind>(i);
  }
  throw Bad{absl::StrCat("\"finding\": unknown kind \"", name, "\"")};
}

constexpr char kExpectedPreempt[] = "\"sync\", \"memory\" or \"sites\"";

Preempt DecodePreempt(const std::string& name) {
  const std::optional<Preempt> preempt = PreemptFromName(name);
  if (preempt.has_value()) return *preempt;
  throw Bad{absl::StrCat("\"preempt\" is \"", name, "\"; expected ", kExpectedPreempt)};
}

Schedule Decode(const Json& json) {
  if (Field<std::string>(json, "format", "\"heddle-schedule\"") != "heddle-schedule") {
    throw Bad{"\"format\" is not \"heddle-schedule\""};
  }
  const auto version = Field<int64_t>(json, "version", "a number");
  if (version != kScheduleVersion) {
    throw Bad{absl::StrCat("version ", version, "; this program reads version ", kScheduleVersion)};
  }
  Schedule schedule;
  const Json& subject = Object(json, "subject");
  schedule.subject_kind = Field<std::string>(subject, "kind", "a string");
  schedule.subject_path = Field<std::string>(subject, "path", "a string");
  schedule.subject_hash = Field<std::string>(subject, "hash", "a string");
  const Json& recorded = Object(json, "recorded_on");
  schedule.flavour = Field<std::string>(recorded, "flavour", "a string");
  schedule.compiler = Field<std::string>(recorded, "compiler", "a string");
  const Json& strategy = Object(json, "strategy");
  if (!schedule.strategy.name.Set(Field<std::string>(strategy, "name", "a string")) ||
      !schedule.strategy.parameters.Set(Field<std::string>(strategy, "parameters", "a string"))) {
    throw Bad{absl::StrCat("\"strategy\": name or parameters too long; expected fewer than ",
                           kMaxStrategyName, " and ", kMaxStrategyParameters, " characters")};
  }
  schedule.seed = Field<uint64_t>(strategy, "seed", "a number");
  schedule.execution = Field<uint64_t>(strategy, "execution", "a number");
  schedule.preempt = DecodePreempt(Field<std::string>(json, "preempt", kExpectedPreempt));
  if (schedule.preempt == Preempt::kSites) {
    schedule.sites = Field<std::vector<std::string>>(json, "sites", "a list of source lines");
  }
  const auto points = Field<uint64_t>(json, "points", "a number");
  if (points > kMaxSchedulePoints) {
    throw Bad{
        absl::StrCat("\"points\" is ", points, ", more than the limit of ", kMaxSchedulePoints)};
  }
  absl::StatusOr<std::vector<Step>> steps =
      DecodeSteps(Field<std::string>(json, "choices", "a string"),
                  Field<std::string>(json, "operations", "a string"), points);
  if (!steps.ok()) throw Bad{std::string(steps.status().message())};
  schedule.steps = *std::move(steps);
  if (Json(EncodeHashes(schedule.steps, kScheduleHashEvery)) !=
      Field<Json>(json, "hashes", "a list of hashes")) {
    throw Bad{"\"hashes\" do not belong to \"choices\" and \"operations\"; the file was edited"};
  }
  if (json.contains("faults")) schedule.faults = DecodeFaults(json["faults"]);
  schedule.complete = Field<bool>(json, "complete", "true or false");
  const auto finding = json.find("finding");
  if (finding != json.end() && !finding->is_null()) {
    schedule.finding = FindingFromName(Field<std::string>(*finding, "kind", "a string"));
    schedule.message = Field<std::string>(*finding, "message", "a string");
    schedule.thread = Field<uint32_t>(*finding, "thread", "a number");
    schedule.dedup_key = Field<std::string>(*finding, "signature", "a string");
  }
  schedule.extra = json.contains("extra") ? json["extra"].dump() : "{}";
  return schedule;
}

}  // namespace

uint64_t HashOf(const std::vector<Step>& steps) {
  uint64_t hash = kHashStart;
  for (const Step step : steps) hash = HashStep(hash, step);
  return hash;
}

Schedule FromOutcome(const Outcome& outcome, const CampaignOptions& options,
                     const Supervisor& supervisor) {
  Schedule schedule;
  schedule.flavour = supervisor.flavour();
  schedule.compiler = supervisor.compiler();
  schedule.strategy = options.spec.strategy;
  schedule.seed = options.spec.seed;
  schedule.execution = outcome.execution;
  schedule.preempt = options.spec.preempt;
  schedule.sites = options.sites;
  schedule.steps = outcome.steps;
  schedule.faults = outcome.faults;
  schedule.complete = outcome.state == ExecutionState::kComplete;
  schedule.finding = outcome.finding;
  schedule.message = outcome.message;
  schedule.thread = outcome.thread;
  return schedule;
}

std::string FormatSchedule(const Schedule& schedule) {
  Json json;
  json["format"] = "heddle-schedule";
  json["version"] = kScheduleVersion;
  json["subject"] = {{"kind", schedule.subject_kind},
                     {"path", schedule.subject_path},
                     {"hash", schedule.subject_hash}};
  json["recorded_on"] = {{"flavour", schedule.flavour}, {"compiler", schedule.compiler}};
  json["strategy"] = {{"name", schedule.strategy.name.c_str()},
                      {"parameters", schedule.strategy.parameters.c_str()},
                      {"seed", schedule.seed},
                      {"execution", schedule.execution}};
  json["preempt"] = PreemptName(schedule.preempt);
  if (!schedule.sites.empty()) json["sites"] = schedule.sites;
  json["points"] = schedule.steps.size();
  json["choices"] = EncodeChoices(schedule.steps);
  json["operations"] = EncodeOperations(schedule.steps);
  json["hash_every"] = kScheduleHashEvery;
  json["hashes"] = EncodeHashes(schedule.steps, kScheduleHashEvery);
  if (!schedule.faults.empty()) json["faults"] = EncodeFaults(schedule.faults);
  json["complete"] = schedule.complete;
  if (schedule.finding == FailureKind::kNone && schedule.dedup_key.empty()) {
    json["finding"] = nullptr;
  } else {
    json["finding"] = {{"kind", FailureKindName(schedule.finding)},
                       {"message", schedule.message},
                       {"thread", schedule.thread},
                       {"point", schedule.steps.size()},
                       {"signature", schedule.dedup_key}};
  }
  json["extra"] = Json::parse(schedule.extra, nullptr, false);
  if (json["extra"].is_discarded()) json["extra"] = Json::object();
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Schedule> ParseSchedule(absl::string_view text, absl::string_view name) {
  if (text.size() > kMaxScheduleBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": more than ", kMaxScheduleBytes, " bytes; no schedule is that long"));
  }
  try {
    return Decode(Json::parse(text.begin(), text.end()));
  } catch (const nlohmann::json::parse_error& error) {
    const size_t position = std::min<size_t>(error.byte, text.size());
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<long>(position), '\n');
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":", line, ": not a schedule: ",
                     error.byte >= text.size() ? "the file is cut short" : "JSON is malformed",
                     " (at byte ", error.byte, ")"));
  } catch (const Bad& bad) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", bad.what));
  }
}

absl::Status WriteSchedule(const Schedule& schedule, const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  {
    std::ofstream file(temporary, std::ios::binary);
    file << FormatSchedule(schedule);
    file.flush();
    if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("writing ", temporary));
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("renaming ", temporary, " to ", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<Schedule> ReadSchedule(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  if (static_cast<uint64_t>(file.tellg()) > kMaxScheduleBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", kMaxScheduleBytes, " bytes; no schedule is that long"));
  }
  file.seekg(0);
  std::ostringstream text;
  text << file.rdbuf();
  return ParseSchedule(text.str(), path);
}

absl::Status CanReplayIn(const Schedule& schedule, absl::string_view flavour,
                         absl::string_view compiler) {
  return CanReplay(schedule.preempt, schedule.flavour, schedule.compiler, flavour, compiler);
}

uint64_t StepBudgetOf(const Schedule& schedule) {
  return schedule.finding == FailureKind::kLivelock ? schedule.steps.size() : kDefaultStepBudget;
}

CampaignOptions ReplayOptions(const Schedule& schedule) {
  CampaignOptions options;
  options.spec.strategy = schedule.strategy;
  options.spec.seed = schedule.seed;
  options.spec.step_budget = StepBudgetOf(schedule);
  options.spec.preempt = schedule.preempt;
  options.sites = schedule.sites;
  options.replay = schedule.steps;
  options.follow_faults = schedule.faults;
  options.recorded_flavour = schedule.flavour;
  options.recorded_compiler = schedule.compiler;
  options.replay_open_end = !schedule.complete;
  return options;
}

}  // namespace heddle::sim
