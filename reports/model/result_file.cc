#include "reports/model/result_file.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/json.h"

namespace heddle::reports {
namespace {

namespace fs = std::filesystem;
using harness::CellResult;
using harness::ChainView;
using harness::Finding;
using harness::ScenarioResult;
using nlohmann::json;

// Where a value stands and what it is; the first thing that is wrong is kept in `*error`.
class Value {
 public:
  Value(const json* value, std::string place, std::string* error)
      : value_(value), place_(std::move(place)), error_(error) {}

  Value operator[](const char* key) const {
    const std::string place = absl::StrCat(place_, place_.empty() ? "" : ".", key);
    if (value_ == nullptr || !value_->is_object()) return {Wrong("an object"), place, error_};
    const auto at = value_->find(key);
    if (at == value_->end()) {
      Say(place, "is missing");
      return {nullptr, place, error_};
    }
    return {&*at, place, error_};
  }
  bool Has(const char* key) const {
    return value_ != nullptr && value_->is_object() && value_->contains(key) &&
           !value_->at(key).is_null();
  }

  std::string Text() const {
    if (value_ != nullptr && value_->is_string()) return value_->get<std::string>();
    Wrong("a string");
    return "";
  }
  bool Bool() const {
    if (value_ != nullptr && value_->is_boolean()) return value_->get<bool>();
    Wrong("true or false");
    return false;
  }
  uint64_t Count() const {
    if (value_ != nullptr && value_->is_number_unsigned()) return value_->get<uint64_t>();
    Wrong("a number that is not negative");
    return 0;
  }
  int Int() const { return static_cast<int>(std::min<uint64_t>(Count(), INT32_MAX)); }
  std::chrono::nanoseconds Seconds() const {
    constexpr double kMost = 1e9;
    if (value_ == nullptr || !value_->is_number() || !(value_->get<double>() >= 0) ||
        value_->get<double>() > kMost) {
      Wrong("a number of seconds");
      return {};
    }
    return std::chrono::nanoseconds(static_cast<int64_t>(value_->get<double>() * 1e9));
  }
  std::vector<Value> List() const {
    std::vector<Value> list;
    if (value_ == nullptr || !value_->is_array()) {
      Wrong("a list");
      return list;
    }
    for (const json& each : *value_) {
      list.emplace_back(&each, absl::StrCat(place_, "[", list.size(), "]"), error_);
    }
    return list;
  }
  // One of `names`, by position.
  template <typename Enum, typename Names>
  Enum OneOf(const Names& names) const {
    const std::string text = Text();
    const auto at = std::find(names.begin(), names.end(), absl::string_view(text));
    if (at != names.end()) return static_cast<Enum>(at - names.begin());
    Say(place_, absl::StrCat("'", text, "' is not known"));
    return Enum{};
  }

 private:
  const json* Wrong(absl::string_view expected) const {
    if (value_ != nullptr) Say(place_, absl::StrCat("expected ", expected));
    return nullptr;
  }
  void Say(absl::string_view place, absl::string_view message) const {
    if (error_->empty()) *error_ = absl::StrCat(place, ": ", message);
  }

  const json* value_;  // null: something before it was wrong
  std::string place_;
  std::string* error_;
};

sim::Stack ParseStack(const Value& value) {
  sim::Stack stack;
  stack.title = value["title"].Text();
  stack.thread = value["thread"].Text();
  stack.is_access = value["access"].Bool();
  for (const Value& each : value["frames"].List()) {
    stack.frames.push_back({.function = each["function"].Text(),
                            .file = each["file"].Text(),
                            .line = each["line"].Int(),
                            .column = each["column"].Int(),
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

Finding FindingOf(const Value& value) {
  Finding finding;
  finding.kind = value["kind"].OneOf<harness::FindingKind>(harness::kFindingKindNames);
  finding.detail = value["detail"].Text();
  finding.source = value["source"].Text();
  finding.message = value["message"].Text();
  finding.signature = value["signature"].Text();
  finding.schedule = value["schedule"].Text();
  finding.count = value["count"].Count();
  finding.runs = value["runs"].Count();
  finding.first_run = value["first_run"].Count();
  for (const Value& each : value["stacks"].List()) finding.stacks.push_back(ParseStack(each));
  for (const Value& each : value["chains"].List()) finding.chains.push_back(ParseChain(each));
  finding.text = value["text"].Text();
  return finding;
}

harness::Explored ParseExplored(const Value& value) {
  harness::Explored explored;
  explored.schedules = value["schedules"].Count();
  explored.distinct = value["distinct"].Count();
  explored.orders = value["orders"].Count();
  explored.histories = value["histories"].Count();
  explored.points = value["points"].Count();
  if (value.Has("faults")) explored.faults = value["faults"].Count();
  explored.exhausted = value["exhausted"].Bool();
  if (value.Has("races")) explored.races = value["races"].Count();
  for (const Value& each : value["curve"].List()) {
    const std::vector<Value> row = each.List();
    if (row.size() != 4) continue;
    explored.curve.push_back({row[0].Count(), row[1].Count(), row[2].Count(), row[3].Count()});
  }
  return explored;
}

CellResult ParseCell(const Value& value) {
  CellResult cell;
  if (value["dispatcher"].Text() != kProgram) {
    cell.dispatcher = value["dispatcher"].OneOf<harness::Dispatcher>(harness::kDispatcherNames);
  }
  cell.flavour = value["flavour"].OneOf<harness::Flavour>(harness::kFlavourNames);
  cell.met = value["met"].Bool();
  cell.reason = value["reason"].Text();
  cell.runs = static_cast<int64_t>(value["runs"].Count());
  cell.duration = value["seconds"].Seconds();
  cell.events = value["events"].Count();
  cell.snapshots = value["snapshots"].Count();
  cell.refused = value["refused"].Count();
  cell.full = value["full"].Count();
  for (const Value& each : value["reached"].List()) {
    cell.reached.push_back(each.OneOf<harness::Situation>(harness::kSituationNames));
  }
  cell.kept_folder = value["folder"].Text();
  if (value.Has("explored")) cell.explored = ParseExplored(value["explored"]);
  for (const Value& each : value["findings"].List()) cell.findings.push_back(FindingOf(each));
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
  scenario.duration = value["seconds"].Seconds();
  for (const Value& each : value["cells"].List()) {
    scenario.is_program |= each["dispatcher"].Text() == kProgram;
    scenario.cells.push_back(ParseCell(each));
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
  const json all = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!all.is_object() || all.value("format", json()) != kRunFormat) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": is not a result; expected the JSON that heddle run or heddle explore wrote (",
        kResultFile, ")"));
  }
  std::string error;
  const Value root(&all, "", &error);
  if (const uint64_t version = root["version"].Count(); error.empty() && version != kRunVersion) {
    error = absl::StrCat("version: expected ", kRunVersion, ", got ", version);
  }
  std::vector<ScenarioResult> results;
  for (const Value& each : root["scenarios"].List()) {
    if (!error.empty()) break;
    results.push_back(ParseScenario(each));
  }
  if (!error.empty()) return absl::InvalidArgumentError(absl::StrCat(name, ": ", error));
  return results;
}

absl::StatusOr<Finding> ParseFinding(absl::string_view text, absl::string_view name) {
  const json all = json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::string error;
  Finding finding = FindingOf(Value(&all, "", &error));
  if (!error.empty()) return absl::InvalidArgumentError(absl::StrCat(name, ": ", error));
  return finding;
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
  return ParseResults(text, file);
}

}  // namespace heddle::reports
