#include "harness/shrink/reduce.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/shrink/minimize.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/shrink.h"
#include "sim/shrink/switches.h"

namespace heddle::harness {
namespace {

using sim::Prober;
using sim::Step;
using sim::Switch;

// Executions in which a smaller trace must show the finding, at least and at most; in between,
// kSearchFactor times as many as the whole trace needed.
constexpr uint64_t kLeastSearch = 24;
constexpr uint64_t kMostSearch = 200;
constexpr uint64_t kSearchFactor = 3;
// Executions of a strategy that switches seldom, to have another schedule to start from.
constexpr uint64_t kSeldomSearch = 100;
// To leave out at least one of so many parts of the events at once is worth a search.
constexpr size_t kManyParts = 10;

sim::StrategySpec Seldom(int switches) { return {"pct", absl::StrCat("d=", switches).c_str()}; }

// Whether the finding comes on these events: with the switches as they are, or in a search of
// `search` executions of each strategy.
bool TryEvents(const std::vector<uint32_t>& kept, uint64_t search, ShrinkState* state,
               absl::Status* error) {
  absl::StatusOr<std::unique_ptr<Prober>> prober = state->subject->Start(kept, state->target);
  // A trace on which the host does not start (no event at all) is too small.
  if (absl::IsInvalidArgument(prober.status())) return false;
  error->Update(prober.status());
  if (!prober.ok()) return false;
  ++state->report.executions;
  absl::StatusOr<sim::Attempt> attempt = (*prober)->Run(state->switches);
  error->Update(attempt.status());
  if (!attempt.ok()) return false;
  if (attempt->same) {
    state->kept = kept;
    state->steps = std::move(attempt->steps);
    return true;
  }
  if (search == 0) return false;
  for (const sim::StrategySpec& strategy : StrategiesFor(state->schedule)) {
    state->report.executions += search;
    absl::StatusOr<std::optional<std::vector<Step>>> found =
        (*prober)->Search(strategy, search, state->Until(kEventsShare));
    error->Update(found.status());
    if (!found.ok()) return false;
    if (!found->has_value()) continue;
    state->target.execution = (*prober)->target().execution;
    state->kept = kept;
    state->steps = **std::move(found);
    state->switches = sim::SwitchesOf(state->steps);
    return true;
  }
  return false;
}

// Repeated messages go first, at once: a network drops them anyway.
void DropRepeats(uint64_t search, ShrinkState* state, absl::Status* error) {
  std::vector<uint32_t> firsts;
  for (const uint32_t i : state->kept) {
    if (!state->subject->events()[i].duplicate) firsts.push_back(i);
  }
  if (firsts.size() < state->kept.size()) TryEvents(firsts, search, state, error);
}

void Adopt(std::vector<Step> steps, ShrinkState* state) {
  state->target.execution = state->prober->target().execution;
  state->steps = std::move(steps);
  state->switches = sim::SwitchesOf(state->steps);
}

}  // namespace

std::vector<sim::StrategySpec> StrategiesFor(const sim::Schedule& schedule) {
  const sim::StrategySpec own = schedule.strategy;
  // Only `race` knows what to do at the two sides of a race.
  if (own.name == "race") return {own};
  if (own.name == "random" || own.name == "pos") return {Seldom(3), own};
  return {Seldom(3), {"random", ""}};
}

absl::Status ReduceFaults(ShrinkState* state) {
  const std::vector<sim::Fault> all = state->target.faults;
  if (all.empty()) return absl::OkStatus();
  absl::Status error;
  const auto still_fails = [&](const std::vector<uint32_t>& positions) {
    std::vector<sim::Fault> faults;
    for (const uint32_t position : positions) faults.push_back(all[position]);
    state->prober->UseFaults(faults);
    ++state->report.executions;
    absl::StatusOr<sim::Attempt> attempt = state->prober->Run(state->switches);
    error.Update(attempt.status());
    if (!attempt.ok() || !attempt->same) return false;
    state->target.faults = std::move(faults);
    state->steps = std::move(attempt->steps);
    state->Announce(absl::StrCat("faults: ", state->target.faults.size(), " left of ",
                                 state->report.before.faults));
    return true;
  };
  sim::Minimize(static_cast<uint32_t>(all.size()), still_fails,
                [&, go_on = state->Until(kSearchShare)] { return error.ok() && go_on(); });
  state->prober->UseFaults(state->target.faults);
  return error;
}

absl::Status ReduceEvents(ShrinkState* state) {
  const std::function<bool()> go_on = state->Until(kEventsShare);
  // One that switches seldom survives more of what is left out.
  absl::StatusOr<std::optional<std::vector<Step>>> seldom =
      state->prober->Search(Seldom(3), kSeldomSearch, go_on);
  if (!seldom.ok()) return seldom.status();
  if (seldom->has_value()) Adopt(**std::move(seldom), state);
  const uint64_t needed = state->target.execution + 1;
  state->prober = nullptr;

  absl::Status error;
  const uint64_t search = std::clamp(needed * kSearchFactor, kLeastSearch, kMostSearch);
  DropRepeats(search, state, &error);
  // Few events often go without another schedule, which is quick to see: those first.
  for (const bool thorough : {false, true}) {
    const std::function<bool()> in_time = thorough ? go_on : state->Until(kQuickShare);
    const std::vector<uint32_t> all = state->kept;
    const sim::Minimized minimized = sim::Minimize(
        static_cast<uint32_t>(all.size()),
        [&](const std::vector<uint32_t>& positions) {
          std::vector<uint32_t> kept;
          for (const uint32_t position : positions) kept.push_back(all[position]);
          state->Announce(absl::StrCat("events: ", state->kept.size(), " left of ",
                                       state->report.before.events));
          const bool many = (state->kept.size() - kept.size()) * kManyParts >= state->kept.size();
          return TryEvents(kept, thorough || many ? search : 0, state, &error);
        },
        [&] { return error.ok() && in_time(); });
    if (!error.ok()) return error;
    state->events_minimal = minimized.minimal;
  }
  return state->StartProber();
}

absl::Status ReduceSchedule(ShrinkState* state) {
  const std::function<bool()> go_on = state->Until(kSearchShare);
  std::vector<std::vector<Switch>> starts = {state->switches};
  for (const int switches : {1, 2, 3}) {
    absl::StatusOr<std::optional<std::vector<Step>>> found =
        state->prober->Search(Seldom(switches), kSeldomSearch, go_on);
    if (!found.ok()) return found.status();
    if (found->has_value()) starts.push_back(sim::SwitchesOf(**found));
  }
  state->prober->UseExecution(state->target.execution);
  std::sort(starts.begin(), starts.end(),
            [](const auto& a, const auto& b) { return a.size() < b.size(); });
  state->Announce(absl::StrCat("switches: ", starts.front().size(), " at the start"));
  absl::StatusOr<sim::ShrunkSchedule> shrunk = sim::ShrinkSchedule(*state->prober, starts, go_on);
  if (!shrunk.ok()) return shrunk.status();
  state->report.executions += shrunk->executions;
  state->report.minimal = shrunk->minimal && (state->subject == nullptr || state->events_minimal);
  state->report.switches = sim::ThreadSwitches(shrunk->switches);
  state->report.time_jumps = shrunk->switches.size() - state->report.switches;
  state->switches = std::move(shrunk->switches);
  state->steps = std::move(shrunk->steps);
  return absl::OkStatus();
}

}  // namespace heddle::harness
