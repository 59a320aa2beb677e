#include "harness/run/scenario_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/oracles/chain_view.h"
#include "harness/oracles/expectation.h"
#include "harness/run/baseline.h"
#include "harness/run/cell_plan.h"
#include "harness/run/cell_verdict.h"
#include "harness/run/cells.h"
#include "harness/run/explore_run.h"
#include "harness/run/free_run.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "sim/process/process.h"
#include "sim/trace/trace.h"

namespace heddle::harness {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status RunCell(const CellPlan& plan, Baselines* baselines, CellResult* cell) {
  const Clock::time_point start = Clock::now();
  const bool explores = plan.scenario.explore && plan.dispatcher != Dispatcher::kReference;
  absl::Status status =
      explores ? RunExplored(plan, baselines, cell) : RunFree(plan, baselines, cell);
  cell->duration = Clock::now() - start;
  CompleteChains(plan.trace, &cell->findings);
  if (sim::Interrupted()) cell->met = false;  // cut off: without a reason, nothing is proved
  if (status.ok() && cell->met) SetVerdict(CheckReached(plan.scenario, *cell), cell);
  return status;
}

// Unavailable goes into the result with the cells that ran; other errors go up.
absl::Status RunCells(const Scenario& scenario, const RunOptions& options,
                      const trace::Trace& trace, trace::Window window, const std::string& folder,
                      ScenarioResult* result) {
  Baselines baselines;
  for (const auto& [dispatcher, flavour] : CellsOf(scenario, options)) {
    if (sim::Interrupted()) return absl::OkStatus();
    CellPlan plan{.scenario = scenario,
                  .options = options,
                  .trace = trace,
                  .window = window,
                  .folder = folder,
                  .dispatcher = dispatcher,
                  .flavour = flavour};
    if (dispatcher != Dispatcher::kReference) {
      absl::StatusOr<std::string> host = FindHost(options.host_folder, flavour, scenario.producer);
      if (!host.ok()) return host.status();
      plan.host = *std::move(host);
    }
    CellResult cell{.dispatcher = dispatcher, .flavour = flavour};
    absl::Status status = RunCell(plan, &baselines, &cell);
    const bool nothing_ran = absl::IsUnavailable(status) && cell.runs == 0;
    if (!nothing_ran) result->cells.push_back(std::move(cell));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// A scenario whose window has no events shows nothing.
absl::Status CheckWindow(const Scenario& scenario, const trace::Window& window,
                         const trace::Trace& trace) {
  if (!scenario.window ||
      std::any_of(trace.events.begin(), trace.events.end(),
                  [&](const trace::Event& event) { return window.Contains(event); })) {
    return absl::OkStatus();
  }
  const bool slots = scenario.window->by == WindowUnit::kSlot;
  return absl::InvalidArgumentError(absl::StrCat(
      scenario.path, ": window: no events in ", slots ? "slots " : "positions ", window.from,
      " to ", window.to, " of ", scenario.trace, "; heddle trace info says what it has"));
}

}  // namespace

absl::StatusOr<ScenarioResult> RunScenario(const Scenario& given, const RunOptions& options) {
  Scenario scenario = given;
  if (options.explore) scenario.explore = options.explore;
  ScenarioResult result;
  result.name = scenario.name;
  result.path = scenario.path;
  result.description = scenario.description;
  result.again =
      absl::StrCat("heddle run ", scenario.path,
                   scenario.producer == Producer::kSimulated
                       ? ""
                       : absl::StrCat(" --producer ", std::string(Name(scenario.producer))));
  result.expects_findings = !scenario.expect.empty();
  absl::StatusOr<trace::Trace> trace = trace::ReadTrace(scenario.trace);
  if (!trace.ok()) return trace.status();
  if (scenario.expectation) {
    const absl::Status status = VerifyExpectation(*scenario.expectation);
    if (!status.ok()) return status;
  }
  trace::Window window = WindowOf(scenario);
  if (absl::Status status = CheckWindow(scenario, window, *trace); !status.ok()) return status;
  const trace::Trace delivered = Delivered(scenario, *std::move(trace), &window);
  absl::StatusOr<sim::TemporaryFolder> temporary = sim::TemporaryFolder::Create();
  if (!temporary.ok()) return temporary.status();
  const std::string folder = options.keep ? std::filesystem::path(*options.keep) / scenario.name
                                          : std::filesystem::path(temporary->path());

  const Clock::time_point start = Clock::now();
  const absl::Status status = RunCells(scenario, options, delivered, window, folder, &result);
  result.duration = Clock::now() - start;
  result.interrupted = sim::Interrupted();
  if (std::any_of(result.cells.begin(), result.cells.end(),
                  [](const CellResult& cell) { return !cell.kept_folder.empty(); })) {
    temporary->Keep();
  }
  if (absl::IsUnavailable(status)) {
    result.environment = std::string(status.message());
  } else if (!status.ok()) {
    return status;
  }
  return result;
}

}  // namespace heddle::harness
