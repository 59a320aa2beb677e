#include "harness/run/cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::harness {
namespace {

template <typename T>
bool Selects(const std::vector<T>& filter, const T& value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

}  // namespace

std::vector<Cell> CellsOf(const Scenario& scenario, const RunOptions& options) {
  std::vector<Cell> cells;
  const auto& all = scenario.dispatchers;
  if (std::find(all.begin(), all.end(), Dispatcher::kReference) != all.end() &&
      Selects(options.dispatchers, Dispatcher::kReference) &&
      Selects(options.flavours, Flavour::kNative)) {
    cells.push_back({Dispatcher::kReference, Flavour::kNative});
  }
  for (const Flavour flavour : scenario.flavours) {
    if (!Selects(options.flavours, flavour)) continue;
    for (const Dispatcher dispatcher : scenario.HostDispatchers()) {
      if (Selects(options.dispatchers, dispatcher)) cells.push_back({dispatcher, flavour});
    }
  }
  return cells;
}

absl::Status SelectScenarios(const RunOptions& options, std::vector<Scenario>* scenarios) {
  std::vector<Cell> cells;
  std::vector<Scenario> selected;
  for (Scenario& scenario : *scenarios) {
    const std::vector<Cell> own = CellsOf(scenario, options);
    cells.insert(cells.end(), own.begin(), own.end());
    if (!own.empty()) selected.push_back(std::move(scenario));
  }
  const auto missing = [&cells](auto wanted, auto of) {
    return std::none_of(cells.begin(), cells.end(),
                        [&](const Cell& cell) { return cell.*of == wanted; });
  };
  const auto nothing = [](absl::string_view name) {
    return absl::InvalidArgumentError(
        absl::StrCat("none of these scenarios has the given dispatcher or flavour: ", name));
  };
  for (const Dispatcher dispatcher : options.dispatchers) {
    if (missing(dispatcher, &Cell::dispatcher)) return nothing(Name(dispatcher));
  }
  for (const Flavour flavour : options.flavours) {
    if (missing(flavour, &Cell::flavour)) return nothing(Name(flavour));
  }
  *scenarios = std::move(selected);
  return absl::OkStatus();
}

bool IsControl(const Scenario& scenario, Dispatcher dispatcher) {
  const auto& controls = scenario.controls.dispatchers;
  return std::find(controls.begin(), controls.end(), dispatcher) != controls.end();
}

const std::vector<ExpectedFinding>& ExpectedOf(const Scenario& scenario, Dispatcher dispatcher) {
  static const std::vector<ExpectedFinding> kClean;
  return IsControl(scenario, dispatcher) ? kClean : scenario.expect;
}

}  // namespace heddle::harness
