// heddle list: the scenarios, one line each.
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/cli/command.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using harness::Scenario;

struct ListFlags {
  std::vector<std::string> scenarios;
  bool json = false;
  bool names = false;
};

template <typename T>
std::vector<std::string> Names(const std::vector<T>& values) {
  std::vector<std::string> names;
  for (const T& value : values) names.emplace_back(Name(value));
  return names;
}

std::vector<std::string> Expected(const Scenario& scenario) {
  std::vector<std::string> kinds;
  for (const harness::ExpectedFinding& expected : scenario.expect) {
    kinds.emplace_back(Name(expected.kind));
  }
  if (kinds.empty()) kinds.emplace_back("clean");
  return kinds;
}

void PrintAsJson(const std::vector<Scenario>& scenarios) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Scenario& scenario : scenarios) {
    list.push_back({{"name", scenario.name},
                    {"path", scenario.path},
                    {"description", scenario.description},
                    {"mode", std::string(Name(scenario.mode))},
                    {"dispatchers", Names(scenario.dispatchers)},
                    {"flavours", Names(scenario.flavours)},
                    {"runs", scenario.runs},
                    {"expect", Expected(scenario)}});
  }
  PrintJson(list);
}

void PrintTable(const std::vector<Scenario>& scenarios) {
  std::vector<std::vector<std::string>> rows = {
      {"name", "mode", "dispatchers", "flavours", "expects", "description"}};
  for (const Scenario& scenario : scenarios) {
    rows.push_back({scenario.name, std::string(Name(scenario.mode)),
                    absl::StrJoin(Names(scenario.dispatchers), ","),
                    absl::StrJoin(Names(scenario.flavours), ","),
                    absl::StrJoin(Expected(scenario), ","), scenario.description});
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      absl::StrAppend(&out, row[i], std::string(widths[i] - row[i].size() + 2, ' '));
    }
    absl::StrAppend(&out, row.back(), "\n");
  }
  Print(out);
}

int List(const ListFlags& flags) {
  std::vector<std::string> arguments = flags.scenarios;
  if (arguments.empty()) arguments.push_back(ScenarioFolder());
  const absl::StatusOr<std::vector<std::string>> files = FindScenarios(arguments);
  if (!files.ok()) return Fail(files.status());
  std::vector<Scenario> scenarios;
  int exit_code = kMet;
  for (const std::string& file : *files) {
    absl::StatusOr<Scenario> scenario = harness::ReadScenario(file);
    if (scenario.ok()) {
      scenarios.push_back(*std::move(scenario));
    } else {
      exit_code = Fail(scenario.status());
    }
  }
  if (flags.names) {
    for (const Scenario& scenario : scenarios) Print(absl::StrCat(scenario.name, "\n"));
  } else {
    flags.json ? PrintAsJson(scenarios) : PrintTable(scenarios);
  }
  return exit_code;
}

}  // namespace

void AddList(Command app) {
  Command command = app.Add("list", "List scenarios and check their files");
  auto flags = std::make_shared<ListFlags>();
  command.AddOption("scenario", &flags->scenarios,
                    "Scenario files, folders or names (default: the scenario folder)");
  command.AddFlag("--json", &flags->json, "Print JSON");
  command.AddFlag("--names", &flags->names, "Print the names only, one a line");
  command.OnRun([flags] { return List(*flags); });
}

}  // namespace heddle::cli
