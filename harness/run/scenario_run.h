// Runs a scenario: one host process for each dispatcher, flavour and run; the oracles over each
// result; and the comparison with what the scenario expects.
#ifndef HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_
#define HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/scenario/scenario.h"
#include "reports/model/verdict.h"
#include "sim/explore/explore.h"

namespace heddle::harness {

// The progress of a scenario, for display.
struct Progress {
  const Scenario& scenario;
  Dispatcher dispatcher;
  Flavour flavour;
  int64_t run;                           // the one that starts now, from 1
  int64_t runs;                          // how many there will be
  const sim::ExploreProgress* explored;  // null for free runs
  size_t findings;                       // distinct ones so far
};

struct RunOptions {
  std::string host_folder;              // with heddle-host, heddle-host-tsan, ...
  std::vector<Dispatcher> dispatchers;  // only these of the scenario's; empty: all
  std::vector<Flavour> flavours;        // likewise
  std::optional<int64_t> runs;          // in place of the scenario's
  // In place of the scenario's. A scenario that is explored needs the flavours det, tsan or asan.
  std::optional<Exploration> explore;
  // Explore on after the first finding of a scenario that should be clean.
  bool go_on = false;
  // See sim/explore/explore.h.
  sim::Shard shard;
  bool self_check = false;
  uint64_t keep_clean = 0;
  // Where schedule files are written, one for each distinct finding. Absent: nowhere.
  std::optional<std::string> schedules;
  // Where every run's files are kept, in SCENARIO/DISPATCHER-FLAVOUR-RUN. Absent: in a temporary
  // folder, and only those of the first run that is not as expected.
  std::optional<std::string> keep;
  std::function<void(const Progress&)> progress;  // may be empty
};

// InvalidArgument or NotFound: the scenario's files are invalid. The result says what the
// environment lacks, and whether the run was interrupted.
absl::StatusOr<ScenarioResult> RunScenario(const Scenario& scenario, const RunOptions& options);

// Whether `options` leave anything of the scenario to run.
bool AnythingToRun(const Scenario& scenario, const RunOptions& options);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_SCENARIO_RUN_H_
