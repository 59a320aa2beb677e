#include "reports/result_file.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/json.h"
#include "sim/json/document.h"

namespace heddle::reports {
namespace {

namespace fs = std::filesystem;
using json::Value;

std::chrono::nanoseconds Seconds(const Value& value) {
  constexpr double kMost = 1e9;
  return std::chrono::nanoseconds(static_cast<int64_t>(value.Number(0, kMost) * 1e9));
}

sim::Stack ParseStack(const Value& value) {
  sim::Stack stack;
  stack.title = value["title"].Text();
  stack.thread = value["thread"].Text();
  stack.is_access = value["access"].Bool();
  for (const Value& each : value["frames"].List()) {
    stack.frames.push_back({.function = each["function"].Text(),
                            .file = each["file"].Text(),
                            .line = static_cast<int>(each["line"].Count(INT32_MAX)),
                            .column = static_cast<int>(each["column"].Count(INT32_MAX)),
                            .module = each["module"].Text(),
                            .own = each["own"].Bool()});
  }
  return stack;
}

ChainView::Point ParsePoint(const Value& value) {
  return {value["root"].Text(), value["slot"].Count()};
}

ChainView ParseChain(const Value& value) {
  ChainView chain;
  chain.name = value["name"].Text();
  chain.head = ParsePoint(value["head"]);
  chain.justified = ParsePoint(value["justified"]);
  chain.finalized = ParsePoint(value["finalized"]);
  for (const Value& each : value["blocks"].List()) {
    chain.blocks.push_back(
        {each["root"].Text(), each["parent"].Text(), each["slot"].Count(), each["weight"].Count()});
  }
  return chain;
}

// `unsaid` is the status where the file has none.
Finding FindingOf(const Value& value, FindingStatus unsaid = FindingStatus::kUnexpected) {
  Finding finding;
  finding.kind = value["kind"].OneOf<FindingKind>(kFindingKindNames);
  finding.detail = value["detail"].Text();
  finding.source = value["source"].Text();
  finding.message = value["message"].Text();
  if (value.Has("location")) finding.location = value["location"].Text();
  finding.status =
      value.Has("status") ? value["status"].OneOf<FindingStatus>(kFindingStatusNames) : unsaid;
  finding.dedup_key = value["signature"].Text();
  finding.schedule = value["schedule"].Text();
  finding.count = value["count"].Count();
  finding.runs = value["runs"].Count();
  finding.first_run = value["first_run"].Count();
  for (const Value& each : value["stacks"].List()) finding.stacks.push_back(ParseStack(each));
  for (const Value& each : value["chains"].List()) finding.chains.push_back(ParseChain(each));
  finding.text = value["text"].Text();
  return finding;
}

Proof ParseProof(const Value& value) {
  Proof proof;
  proof.complete = value["complete"].Bool();
  proof.executions = value["executions"].Count();
  proof.repeated = value["repeated"].Count();
  proof.left_out = value["left_out"].Count();
  proof.stores_left_out = value["stores_left_out"].Count();
  proof.threads = value["threads"].Count();
  proof.operations = value["operations"].Count();
  if (value.Has("in_process")) proof.in_process = value["in_process"].Count();
  proof.memory = value["memory"].Text();
  proof.shares = value["shares"].Count();
  for (const Value& each : value["shares_run"].List()) {
    const uint64_t share = each.Count();
    if (share < 1 || share > proof.shares ||
        (!proof.shares_run.empty() && share <= proof.shares_run.back())) {
      each.Fail("expected the numbers of shares, ascending, from 1 to 'shares'");
      return proof;
    }
    proof.shares_run.push_back(share);
  }
  return proof;
}

Explored ParseExplored(const Value& value) {
  Explored explored;
  explored.schedules = value["schedules"].Count();
  explored.distinct = value["distinct"].Count();
  explored.interleavings = value["orders"].Count();
  explored.histories = value["histories"].Count();
  explored.points = value["points"].Count();
  if (value.Has("faults")) explored.faults = value["faults"].Count();
  explored.exhausted = value["exhausted"].Bool();
  if (value.Has("races")) explored.races = value["races"].Count();
  if (value.Has("ended_early")) explored.ended_early = value["ended_early"].Count();
  if (value.Has("threads_left")) explored.threads_left = value["threads_left"].Count();
  if (value.Has("strategy")) explored.strategy = value["strategy"].Text();
  if (value.Has("coverage")) {
    const Value coverage = value["coverage"];
    explored.reads_from = coverage["reads_from"].Count();
    explored.adjacent = coverage["adjacent"].Count();
    explored.lock_orders = coverage["lock_orders"].Count();
    explored.once = coverage["once"].Count();
    explored.last_new = coverage["last_new"].Count();
  }
  if (value.Has("took")) explored.took = value["took"].Text();
  if (value.Has("hint")) explored.hint = value["hint"].Text();
  if (value.Has("unseen")) {
    for (const Value& each : value["unseen"].List()) explored.unseen.push_back(each.Text());
  }
  if (value.Has("why_few")) explored.why_few = value["why_few"].Text();
  if (value.Has("by_fork")) explored.by_fork = value["by_fork"].Text();
  if (value.Has("proof")) explored.proof = ParseProof(value["proof"]);
  for (const Value& each : value["curve"].List()) {
    const std::vector<Value> row = each.List();
    if (row.size() != 4) {
      each.Fail("expected four numbers");
      return explored;
    }
    explored.curve.push_back({row[0].Count(), row[1].Count(), row[2].Count(), row[3].Count()});
  }
  return explored;
}

CellResult ParseCell(const Value& value, bool expects_findings) {
  CellResult cell;
  if (value["dispatcher"].Text() != kProgram) {
    cell.dispatcher = value["dispatcher"].OneOf<sim::Dispatcher>(sim::kDispatcherNames);
  }
  cell.flavour = value["flavour"].OneOf<sim::Flavour>(sim::kFlavourNames);
  cell.met = value["met"].Bool();
  cell.reason = value["reason"].Text();
  cell.runs = static_cast<int64_t>(value["runs"].Count(INT64_MAX));
  cell.duration = Seconds(value["seconds"]);
  cell.events = value["events"].Count();
  cell.snapshots = value["snapshots"].Count();
  cell.refused = value["refused"].Count();
  cell.full = value["full"].Count();
  for (const Value& each : value["reached"].List()) {
    cell.reached.push_back(each.OneOf<Situation>(kSituationNames));
  }
  cell.kept_folder = value["folder"].Text();
  if (value.Has("explored")) cell.explored = ParseExplored(value["explored"]);
  // Files without statuses are of versions that had no unexpected findings in a cell that is met.
  const FindingStatus unsaid =
      expects_findings && cell.met ? FindingStatus::kExpected : FindingStatus::kUnexpected;
  for (const Value& each : value["findings"].List()) {
    cell.findings.push_back(FindingOf(each, unsaid));
  }
  return cell;
}

ScenarioResult ParseScenario(const Value& value) {
  ScenarioResult scenario;
  scenario.name = value["name"].Text();
  scenario.path = value["path"].Text();
  scenario.description = value["description"].Text();
  scenario.again = value["again"].Text();
  scenario.expects_findings = value["expects"].Text() == "findings";
  scenario.environment = value["environment"].Text();
  scenario.interrupted = value["interrupted"].Bool();
  scenario.duration = Seconds(value["seconds"]);
  for (const Value& each : value["cells"].List()) {
    scenario.is_program |= each["dispatcher"].Text() == kProgram;
    scenario.cells.push_back(ParseCell(each, scenario.expects_findings));
  }
  return scenario;
}

}  // namespace

absl::Status WriteWhole(const std::string& path, absl::string_view text) {
  const auto failed = [&] { return absl::UnavailableError(absl::StrCat("cannot write ", path)); };
  const std::string beside = absl::StrCat(path, ".", getpid(), ".new");
  std::ofstream stream(beside, std::ios::binary);
  stream << text;
  stream.close();
  std::error_code error;
  if (!stream) {
    fs::remove(beside, error);
    return failed();
  }
  fs::rename(beside, path, error);
  return error ? failed() : absl::OkStatus();
}

absl::Status WriteResults(const std::string& folder, const std::vector<ScenarioResult>& results) {
  std::error_code error;
  fs::create_directories(folder, error);
  const std::string text =
      RenderJson(results).dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return WriteWhole((fs::path(folder) / kResultFile).string(), absl::StrCat(text, "\n"));
}

absl::StatusOr<std::vector<ScenarioResult>> ParseResults(absl::string_view text,
                                                         absl::string_view name) {
  absl::StatusOr<json::Document> document = json::Document::Parse(text, name);
  if (!document.ok()) return document.status();
  const Value root = document->root();
  if (!root.Has("format") || root["format"].Text() != kRunFormat) {
    root.Fail(
        absl::StrCat("is not a result; expected the JSON that heddle run or heddle explore wrote (",
                     kResultFile, ")"));
  }
  if (const Value version = root["version"]; version.Count() != kRunVersion) {
    version.Fail(absl::StrCat("expected ", kRunVersion, ", got ", version.Json()));
  }
  std::vector<ScenarioResult> results;
  for (const Value& each : root["scenarios"].List()) {
    if (!document->status().ok()) break;
    results.push_back(ParseScenario(each));
  }
  if (!document->status().ok()) return document->status();
  return results;
}

absl::StatusOr<Finding> ParseFinding(absl::string_view text, absl::string_view name) {
  absl::StatusOr<json::Document> document = json::Document::Parse(text, name);
  if (!document.ok()) return document.status();
  Finding finding = FindingOf(document->root());
  if (!document->status().ok()) return document->status();
  return finding;
}

std::string ScheduleBeside(const std::string& results, const std::string& schedule) {
  const fs::path name = fs::path(schedule).filename();
  const fs::path beside = fs::path(results).parent_path() / name;
  std::error_code error;
  const bool is_schedule = absl::EndsWith(name.string(), kScheduleEnding) &&
                           fs::symlink_status(beside, error).type() == fs::file_type::regular;
  return is_schedule ? beside.string() : "";
}

absl::StatusOr<std::vector<ScenarioResult>> ReadResults(const std::string& path) {
  std::error_code error;
  std::string file = path;
  if (fs::is_directory(path, error)) file = (fs::path(path) / kResultFile).string();
  const uintmax_t size = fs::file_size(file, error);
  if (error) {
    return absl::NotFoundError(absl::StrCat(
        file, ": ", error.message(),
        "; expected what 'heddle run --keep FOLDER' or 'heddle explore --out FOLDER' wrote"));
  }
  if (size > kMaxResultBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": has ", size, " bytes; expected at most ", kMaxResultBytes));
  }
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  absl::StatusOr<std::vector<ScenarioResult>> results = ParseResults(text, file);
  if (!results.ok()) return results.status();
  for (ScenarioResult& scenario : *results) {
    for (CellResult& cell : scenario.cells) {
      for (Finding& finding : cell.findings) {
        finding.schedule = ScheduleBeside(file, finding.schedule);
      }
    }
  }
  return results;
}

}  // namespace heddle::reports
