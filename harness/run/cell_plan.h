// What a cell is: the dispatcher, its build, and what is delivered to it. The parts of a run take
// it instead of sharing state.
#ifndef HEDDLE_HARNESS_RUN_CELL_PLAN_H_
#define HEDDLE_HARNESS_RUN_CELL_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/host/request.h"
#include "harness/run/run_options.h"
#include "harness/scenario/scenario.h"
#include "reports/model/verdict.h"
#include "sim/explore/explore.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::CellResult;

// Thread rule: never changes while the cell runs, so every thread may read it.
struct CellPlan {
  const Scenario& scenario;
  const RunOptions& options;
  const trace::Trace& trace;  // what is delivered: the faults of the network are in it already
  trace::Window window;       // of `trace`
  std::string folder;         // of the scenario; each run has a folder of its own in it
  Dispatcher dispatcher = Dispatcher::kReference;
  Flavour flavour = Flavour::kNative;
  std::string host;  // executable; "" for the reference

  // What the cell is to find; empty: it is to be clean.
  const std::vector<ExpectedFinding>& Expected() const;
  // `request` in terms of what is delivered: with `window`, and without faults of the network.
  host::Request AsDelivered(host::Request request) const;
  // Makes an empty folder for the files of run `run` and returns its path. One that cannot be made
  // shows when a file is written there.
  std::string MakeRunFolder(int64_t run) const;
  // Tells RunOptions::progress how far `cell` is. `explored` is null for free runs.
  void Announce(const CellResult& cell, int64_t planned,
                const sim::ExploreProgress* explored = nullptr) const;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_CELL_PLAN_H_
