// Connects scenarios with campaigns: the request that every execution of a scenario carries out,
// and the schedule files that reproduce a finding.
#ifndef HEDDLE_HARNESS_RUN_SCENARIO_SCHEDULE_H_
#define HEDDLE_HARNESS_RUN_SCENARIO_SCHEDULE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "reports/model/verdict.h"
#include "sim/explore/explore.h"
#include "sim/explore/operations.h"
#include "sim/explore/unseen.h"
#include "sim/schedule/schedule.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Explored;
using reports::Finding;

// The request to a host for `scenario`.
host::Request MakeRequest(const Scenario& scenario, Dispatcher dispatcher, uint64_t seed);

// The part of the scenario's trace that it replays.
trace::Window WindowOf(const Scenario& scenario);

// What the network makes of `trace`, the scenario's own; `*window`, the scenario's, becomes that of
// the result.
trace::Trace Delivered(const Scenario& scenario, trace::Trace trace, trace::Window* window);

// The same for a controlled host: it is set up once for all executions.
host::Request ExploredRequest(const Scenario& scenario, Dispatcher dispatcher);

// A campaign on `scenario`, all but what depends on where it runs.
sim::ExploreOptions ExploreOptionsOf(const Scenario& scenario, Dispatcher dispatcher,
                                     const Exploration& explore);

// 16 hex digits over the request and the bytes of the trace: what a schedule is a schedule of.
// NotFound when the trace cannot be read.
absl::StatusOr<std::string> SubjectHash(const Scenario& scenario, Dispatcher dispatcher);

// The findings that the runtime or a sanitizer proved in an execution.
std::vector<Finding> FindingsOf(const sim::DistinctFinding& found);

// The finding that a schedule file leads to: as its replay `log` saw it; without one (null), what
// the file says.
Finding FindingOf(const sim::Schedule& schedule, const sim::OperationLog* log);

// Adds the `findings` of `found`, which may have come in many executions, to `*all`.
void MergeFound(std::vector<Finding> findings, const sim::DistinctFinding& found,
                std::vector<Finding>* all);

// The statistics of a campaign on `spec`, and what it cannot have seen (`gap`:
// sim/explore/unseen.h); those of oracles and of a search for races are the caller's to add.
Explored ExploredOf(const sim::ExploreResult& result, const sim::CampaignSpec& spec,
                    std::vector<Explored::Sample> curve,
                    const std::optional<sim::Gap>& gap = std::nullopt);

// Adds a campaign's state to its curve, which grows coarser rather than long. Starts over when the
// campaign does: a search for races comes before it.
void AddSample(const sim::ExploreProgress& progress, std::vector<Explored::Sample>* curve);

// Where the scenario or program `subject` of the schedule file `schedule` is: beside the file, for
// a folder that moves as a whole; else as the path says; else in one of the folders above the file,
// for who works in another folder than the recording did. `subject` when it is nowhere.
std::string SubjectPath(const std::string& subject, const std::string& schedule);

// What a schedule file is about, with the faults that it was recorded with.
struct ScheduledScenario {
  Scenario scenario;
  Dispatcher dispatcher = Dispatcher::kAsync;
};

// Reads the scenario that `schedule` (of the file `path`) belongs to; its path is looked for from
// the schedule's folder first. InvalidArgument when it is a
// schedule of something else, or the scenario or its trace has changed since.
absl::StatusOr<ScheduledScenario> ScenarioOf(const sim::Schedule& schedule,
                                             const std::string& path);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_SCENARIO_SCHEDULE_H_
