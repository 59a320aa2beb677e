#include "sim/schedule/schedule.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "sim/json/document.h"
#include "sim/json/parse.h"
#include "sim/schedule/step_codec.h"
#include "sim/schedule/whole_file.h"

namespace heddle::sim {

namespace {

using Json = nlohmann::ordered_json;

Json EncodeFaults(const std::vector<Fault>& faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) {
    list.push_back(
        {{"fault", FaultKindName(fault.kind)}, {"thread", fault.thread}, {"nth", fault.nth}});
  }
  return list;
}

std::vector<Fault> DecodeFaults(const json::Value& list) {
  std::vector<Fault> faults;
  for (const json::Value& item : list.List()) {
    if (faults.size() == kMaxFaults) {
      list.Fail(absl::StrCat("expected at most ", kMaxFaults, " faults"));
      break;
    }
    faults.push_back({item["fault"].OneOf<FaultKind>(kFaultKindNames),
                      item["thread"].Count<uint32_t>(), item["nth"].Count<uint32_t>()});
  }
  return faults;
}

FailureKind DecodeFailureKind(const json::Value& value) {
  const std::string name = value.Text();
  for (uint32_t i = 0; i <= static_cast<uint32_t>(kLastFailureKind); ++i) {
    if (name == FailureKindName(static_cast<FailureKind>(i))) return static_cast<FailureKind>(i);
  }
  value.Fail(absl::StrCat("unknown kind \"", json::Excerpt(name), "\""));
  return FailureKind::kNone;
}

Preempt DecodePreempt(const json::Value& value) {
  const std::string name = value.Text();
  const std::optional<Preempt> preempt = PreemptFromName(name);
  if (!preempt) {
    value.Fail(absl::StrCat("expected \"sync\", \"memory\" or \"sites\", got \"",
                            json::Excerpt(name), "\""));
  }
  return preempt.value_or(Preempt::kSync);
}

MemoryModel DecodeMemoryModel(const json::Value& value) {
  const std::string name = value.Text();
  const std::optional<MemoryModel> model = MemoryModelFromName(name);
  if (!model || *model == MemoryModel::kSc) {
    value.Fail(absl::StrCat("expected \"c11\" or \"tso\", got \"", json::Excerpt(name), "\""));
  }
  return model.value_or(MemoryModel::kSc);
}

void DecodeHead(const json::Value& root, Schedule* schedule) {
  const json::Value subject = root["subject"];
  schedule->subject_kind = subject["kind"].Text();
  schedule->subject_path = subject["path"].Text();
  schedule->subject_hash = subject["hash"].Text();
  if (subject.Has("builds")) {
    const json::Value builds = subject["builds"];
    for (const std::string& build : builds.Keys()) {
      schedule->subject_builds[build] = builds[build].Text();
    }
  }
  const json::Value recorded = root["recorded_on"];
  schedule->flavour = recorded["flavour"].Text();
  schedule->compiler = recorded["compiler"].Text();
  const json::Value strategy = root["strategy"];
  if (!schedule->strategy.name.Set(strategy["name"].Text()) ||
      !schedule->strategy.parameters.Set(strategy["parameters"].Text())) {
    strategy.Fail(absl::StrCat("name or parameters too long; expected fewer than ",
                               kMaxStrategyName, " and ", kMaxStrategyParameters, " characters"));
  }
  schedule->seed = strategy["seed"].Count();
  schedule->execution = strategy["execution"].Count();
  if (root.Has("same_random")) schedule->same_random = root["same_random"].Bool();
  schedule->preempt = DecodePreempt(root["preempt"]);
  if (schedule->preempt == Preempt::kSites) schedule->sites = root["sites"].Texts();
}

absl::Status DecodePoints(const json::Value& root, Schedule* schedule) {
  const uint64_t points = root["points"].Count(kMaxSchedulePoints);
  absl::StatusOr<std::vector<Step>> steps =
      DecodeSteps(root["choices"].Text(), root["operations"].Text(), points);
  if (!steps.ok()) return steps.status();
  if (schedule->memory != MemoryModel::kSc) {
    const absl::Status status = DecodeReads(root["reads"].Text(), &*steps);
    if (!status.ok()) return status;
  }
  schedule->steps = *std::move(steps);
  if (EncodeHashes(schedule->steps, kScheduleHashEvery) != root["hashes"].Texts()) {
    return absl::InvalidArgumentError(
        "\"hashes\" do not belong to \"choices\" and \"operations\"; the file was edited");
  }
  return absl::OkStatus();
}

absl::StatusOr<Schedule> Decode(json::Document* document) {
  const json::Value root = document->root();
  if (const json::Value format = root["format"]; format.Text() != "heddle-schedule") {
    format.Fail("is not \"heddle-schedule\"");
  }
  const json::Value version = root["version"];
  const uint64_t number = version.Count();
  if (number < 1 || number > kScheduleVersion) {
    version.Fail(absl::StrCat("expected 1 to ", kScheduleVersion,
                              ", the versions that this program reads, got ", version.Json()));
  }
  Schedule schedule;
  schedule.rules = static_cast<uint32_t>(number);
  if (number >= 3 && root.Has("memory")) schedule.memory = DecodeMemoryModel(root["memory"]);
  DecodeHead(root, &schedule);
  if (document->status().ok()) {
    const absl::Status status = DecodePoints(root, &schedule);
    if (!status.ok()) root.Fail(status.message());
  }
  if (root.Has("faults")) schedule.faults = DecodeFaults(root["faults"]);
  schedule.complete = root["complete"].Bool();
  if (root.Has("finding")) {
    const json::Value finding = root["finding"];
    schedule.finding = DecodeFailureKind(finding["kind"]);
    schedule.message = finding["message"].Text();
    schedule.thread = static_cast<ThreadNumber>(finding["thread"].Count(kClock));
    schedule.dedup_key = finding["signature"].Text();
  }
  if (root.Has("extra")) {
    const json::Value extra = root["extra"];
    if (!extra.IsObject()) extra.Fail("expected an object");
    schedule.extra = extra.Json();
  }
  if (!document->status().ok()) return document->status();
  return schedule;
}

}  // namespace

uint64_t HashOf(const std::vector<Step>& steps) {
  uint64_t hash = kHashStart;
  for (const Step step : steps) hash = HashStep(hash, step);
  return hash;
}

Schedule FromOutcome(const Outcome& outcome, const CampaignOptions& campaign,
                     const Supervisor& supervisor) {
  const CampaignOptions options = WithPlan(campaign, outcome.plan);
  Schedule schedule;
  schedule.flavour = supervisor.flavour();
  schedule.compiler = supervisor.compiler();
  schedule.strategy = options.spec.strategy;
  schedule.seed = options.spec.seed;
  schedule.execution = outcome.execution;
  schedule.preempt = options.spec.preempt;
  schedule.memory = options.spec.memory;
  schedule.rules = options.spec.rules;
  schedule.same_random = options.spec.same_random;
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
  Json file;
  file["format"] = "heddle-schedule";
  file["version"] = schedule.rules;
  file["subject"] = {{"kind", schedule.subject_kind},
                     {"path", schedule.subject_path},
                     {"hash", schedule.subject_hash}};
  if (!schedule.subject_builds.empty()) file["subject"]["builds"] = schedule.subject_builds;
  file["recorded_on"] = {{"flavour", schedule.flavour}, {"compiler", schedule.compiler}};
  file["strategy"] = {{"name", schedule.strategy.name.c_str()},
                      {"parameters", schedule.strategy.parameters.c_str()},
                      {"seed", schedule.seed},
                      {"execution", schedule.execution}};
  if (schedule.same_random) file["same_random"] = true;
  file["preempt"] = PreemptName(schedule.preempt);
  if (!schedule.sites.empty()) file["sites"] = schedule.sites;
  if (schedule.memory != MemoryModel::kSc) {
    file["memory"] = MemoryModelName(schedule.memory);
    file["reads"] = EncodeReads(schedule.steps);
  }
  file["points"] = schedule.steps.size();
  file["choices"] = EncodeChoices(schedule.steps);
  file["operations"] = EncodeOperations(schedule.steps);
  file["hash_every"] = kScheduleHashEvery;
  file["hashes"] = EncodeHashes(schedule.steps, kScheduleHashEvery);
  if (!schedule.faults.empty()) file["faults"] = EncodeFaults(schedule.faults);
  file["complete"] = schedule.complete;
  if (schedule.finding == FailureKind::kNone && schedule.dedup_key.empty()) {
    file["finding"] = nullptr;
  } else {
    file["finding"] = {{"kind", FailureKindName(schedule.finding)},
                       {"message", schedule.message},
                       {"thread", schedule.thread},
                       {"point", schedule.steps.size()},
                       {"signature", schedule.dedup_key}};
  }
  file["extra"] = json::Parse(schedule.extra, "extra").value_or(Json::object());
  return file.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Schedule> ParseSchedule(absl::string_view text, absl::string_view name) {
  if (text.size() > kMaxScheduleBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": more than ", kMaxScheduleBytes, " bytes; no schedule is that long"));
  }
  absl::StatusOr<json::Document> document = json::Document::Parse(text, name);
  if (!document.ok()) return document.status();
  return Decode(&*document);
}

absl::Status WriteSchedule(const Schedule& schedule, const std::string& path) {
  return WriteWholeFile(FormatSchedule(schedule), path);
}

absl::StatusOr<Schedule> ReadSchedule(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::error_code error;
  if (!file || std::filesystem::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat(
        path.empty() ? "''" : path, ": ", strerror(file ? EISDIR : errno),
        "; expected a schedule file, as 'heddle explore' and 'heddle shrink' write them"));
  }
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
  options.spec.report_thread_leaks = schedule.finding == FailureKind::kThreadLeak;
  options.spec.preempt = schedule.preempt;
  options.spec.memory = schedule.memory;
  options.spec.rules = schedule.rules;
  options.spec.same_random = schedule.same_random;
  options.sites = schedule.sites;
  options.replay = schedule.steps;
  options.follow_faults = schedule.faults;
  options.recorded_flavour = schedule.flavour;
  options.recorded_compiler = schedule.compiler;
  options.replay_open_end = !schedule.complete;
  return options;
}

}  // namespace heddle::sim
