#include "harness/run/cells.h"

#include <algorithm>

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

bool IsControl(const Scenario& scenario, Dispatcher dispatcher) {
  const auto& controls = scenario.controls.dispatchers;
  return std::find(controls.begin(), controls.end(), dispatcher) != controls.end();
}

const std::vector<ExpectedFinding>& ExpectedOf(const Scenario& scenario, Dispatcher dispatcher) {
  static const std::vector<ExpectedFinding> kClean;
  return IsControl(scenario, dispatcher) ? kClean : scenario.expect;
}

}  // namespace heddle::harness
