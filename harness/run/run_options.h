// How a scenario is run, beside what the scenario itself says.
#ifndef HEDDLE_HARNESS_RUN_RUN_OPTIONS_H_
#define HEDDLE_HARNESS_RUN_RUN_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
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
  std::optional<Producer> producer;     // likewise
  // In place of the scenario's. A scenario that is explored needs the flavours det, tsan or asan.
  std::optional<Exploration> explore;
  // Explore on after the first finding of a scenario that should be clean.
  bool go_on = false;
  // See sim/explore/explore.h.
  sim::Shard shard;
  bool self_check = false;
  bool by_fork = false;  // a process for each execution
  uint64_t keep_clean = 0;
  // Where schedule files are written, one for each distinct finding. Absent: nowhere.
  std::optional<std::string> schedules;
  // Where every run's files are kept, in SCENARIO/DISPATCHER-FLAVOUR-RUN. Absent: in a temporary
  // folder, and only those of the first run that is not as expected.
  std::optional<std::string> keep;
  std::function<void(const Progress&)> progress;  // may be empty
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_RUN_OPTIONS_H_
