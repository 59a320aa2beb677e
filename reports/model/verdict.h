// What came of running scenarios: what reports are made from.
#ifndef HEDDLE_REPORTS_MODEL_VERDICT_H_
#define HEDDLE_REPORTS_MODEL_VERDICT_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"

namespace heddle::harness {

// What the sim kernel went through.
struct Explored {
  // How far a campaign was at some moment.
  struct Sample {
    uint64_t schedules = 0, distinct = 0, orders = 0, findings = 0;
  };

  uint64_t schedules = 0;  // executions; each is a run of the cell
  uint64_t distinct = 0;   // that differ in who did what when
  uint64_t orders = 0;     // that differ in the order of operations that matter
  uint64_t histories = 0;  // that differ in what the host reported
  uint64_t points = 0;     // schedule points in all
  uint64_t faults = 0;     // of the environment that came
  bool exhausted = false;  // the strategy has nothing left: within its bounds, this is all there is
  uint64_t races = 0;      // data races that strategy `race` was steered to
  std::vector<Sample> curve{};  // in order; the last one is the end
};

// One dispatcher in one flavour.
struct CellResult {
  Dispatcher dispatcher = Dispatcher::kReference;
  Flavour flavour = Flavour::kNative;  // kReference has none; it says kNative

  int64_t runs = 0;  // that were made, tries for an expected finding included
  std::chrono::nanoseconds duration{};

  // Sums over all runs that came to their end.
  uint64_t events = 0;     // applied
  uint64_t snapshots = 0;  // seen by the oracles
  uint64_t refused = 0;    // final refusals
  uint64_t full = 0;       // answers "full": back-pressure
  std::vector<Situation> reached;

  std::vector<Finding> findings;  // one for each signature, in the order of first appearance
  bool met = false;
  std::string reason;  // one line: why it was not met, or what came as expected
  std::optional<Explored> explored;
  std::string kept_folder;  // with the first run's files that shows why; "" when nothing was kept
};

struct ScenarioResult {
  std::string name;
  std::string path;
  std::string description;
  std::string again;  // the command that runs it again: "heddle run scenarios/x.yaml"
  bool expects_findings = false;
  // Not of a scenario: `path` is a program of the user's own, and its only cell has no dispatcher.
  bool is_program = false;
  std::vector<CellResult> cells;
  std::chrono::nanoseconds duration{};
  // Not empty: the environment could not do what was asked (exit code 3), and how to mend that.
  std::string environment;
  bool interrupted = false;

  bool met() const {
    return environment.empty() && !interrupted &&
           std::all_of(cells.begin(), cells.end(), [](const CellResult& c) { return c.met; });
  }
};

}  // namespace heddle::harness

#endif  // HEDDLE_REPORTS_MODEL_VERDICT_H_
