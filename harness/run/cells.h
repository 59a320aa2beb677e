// Which cells of a scenario run: one for each of its dispatchers in each of its flavours, as far as
// the options select them.
#ifndef HEDDLE_HARNESS_RUN_CELLS_H_
#define HEDDLE_HARNESS_RUN_CELLS_H_

#include <vector>

#include "absl/status/status.h"
#include "harness/run/run_options.h"
#include "harness/scenario/scenario.h"

namespace heddle::harness {

struct Cell {
  Dispatcher dispatcher = Dispatcher::kReference;
  Flavour flavour = Flavour::kNative;
  bool operator==(const Cell&) const = default;
};

// In the order in which they run: the reference, then flavour by flavour, the controls first. The
// reference has no flavour of its own; it runs when the native ones may.
std::vector<Cell> CellsOf(const Scenario& scenario, const RunOptions& options);

// Removes the scenarios of which `options` leave nothing to run. InvalidArgument when a dispatcher
// or flavour that they name selects nothing of any: what is asked for is run, or said not to be
// there.
absl::Status SelectScenarios(const RunOptions& options, std::vector<Scenario>* scenarios);

// Whether `dispatcher` is one that the scenario must find clean, whatever it expects of the others.
bool IsControl(const Scenario& scenario, Dispatcher dispatcher);

// What the cells of `dispatcher` are to find; empty: they are to be clean. Lives as long as
// `scenario`.
const std::vector<ExpectedFinding>& ExpectedOf(const Scenario& scenario, Dispatcher dispatcher);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_CELLS_H_
