#include "sim/shrink/shrink.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sim/shrink/minimize.h"
#include "sim/shrink/switches.h"

namespace heddle::sim {
namespace {

std::vector<Switch> Selected(const std::vector<Switch>& all, const std::vector<uint32_t>& kept) {
  std::vector<Switch> selected;
  for (const uint32_t i : kept) selected.push_back(all[i]);
  return selected;
}

// Those that come, in their order.
std::vector<Switch> InOrder(const std::vector<Switch>& switches, const std::vector<Step>& steps) {
  std::vector<std::pair<uint64_t, Switch>> found;
  for (const Switch& s : switches) found.emplace_back(PointOf(s, steps), s);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Switch> ordered;
  for (const auto& [point, s] : found) ordered.push_back(s);
  return ordered;
}

bool Better(const ShrunkSchedule& a, const ShrunkSchedule& b) {
  const auto measure = [](const ShrunkSchedule& s) {
    return std::tuple(s.switches.size(), ContextSwitches(s.steps), s.steps.size());
  };
  return measure(a) < measure(b);
}

// Reduces one start. Nothing when it does not lead to the finding.
absl::StatusOr<std::optional<ShrunkSchedule>> Reduce(Oracle& oracle,
                                                     const std::vector<Switch>& start,
                                                     const std::function<bool()>& go_on) {
  ShrunkSchedule result;
  absl::Status error;
  std::vector<Switch> all = start;
  const auto fails = [&](const std::vector<Switch>& switches) {
    ++result.executions;
    absl::StatusOr<Attempt> attempt = oracle.Run(switches);
    error.Update(attempt.status());
    if (!attempt.ok() || !attempt->same) return false;
    result.steps = std::move(attempt->steps);
    return true;
  };
  const bool leads = fails(all);
  if (!error.ok()) return error;
  if (!leads) return std::nullopt;
  // What comes after the end of the execution never comes.
  std::erase_if(all, [&](const Switch& s) { return PointOf(s, result.steps) == result.steps.size(); });
  const bool still = all.size() == start.size() || fails(all);
  if (!still) all = start;
  const Minimized minimized = Minimize(
      static_cast<uint32_t>(all.size()),
      [&](const std::vector<uint32_t>& kept) { return fails(Selected(all, kept)); },
      [&] { return error.ok() && go_on(); });
  if (!error.ok()) return error;
  result.switches = InOrder(Selected(all, minimized.kept), result.steps);
  result.minimal = minimized.minimal;
  return result;
}

// Looks for the end of the room of `switches[i]`, from its place by `direction`.
absl::Status Move(Oracle& oracle, const std::vector<Switch>& switches, size_t i, int direction,
                  uint32_t* bound, bool* open) {
  std::vector<Switch> moved = switches;
  *bound = switches[i].at;
  *open = false;
  for (uint32_t distance = 1; distance <= kMostRoom; ++distance) {
    if (direction < 0 && *bound <= 1) return absl::OkStatus();
    moved[i].at = direction < 0 ? *bound - 1 : *bound + 1;
    absl::StatusOr<Attempt> attempt = oracle.Run(moved);
    if (!attempt.ok()) return attempt.status();
    if (!attempt->same) return absl::OkStatus();
    *bound = moved[i].at;
  }
  *open = true;
  return absl::OkStatus();
}

absl::Status TestOne(Oracle& oracle, const std::vector<Switch>& switches, size_t i,
                     EssentialSwitch* result) {
  std::vector<Switch> without = switches;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
  absl::StatusOr<Attempt> attempt = oracle.Run(without);
  if (!attempt.ok()) return attempt.status();
  result->essential = !attempt->same;
  result->without = attempt->outcome;
  if (!result->essential) return absl::OkStatus();
  absl::Status status = Move(oracle, switches, i, -1, &result->room.earliest,
                             &result->room.earlier_open);
  if (!status.ok()) return status;
  return Move(oracle, switches, i, +1, &result->room.latest, &result->room.later_open);
}

}  // namespace

absl::StatusOr<ShrunkSchedule> ShrinkSchedule(Oracle& oracle,
                                              const std::vector<std::vector<Switch>>& starts,
                                              const std::function<bool()>& go_on) {
  std::optional<ShrunkSchedule> best;
  uint64_t executions = 0;
  for (const std::vector<Switch>& start : starts) {
    if (best.has_value() && !go_on()) break;
    absl::StatusOr<std::optional<ShrunkSchedule>> reduced = Reduce(oracle, start, go_on);
    if (!reduced.ok()) return reduced.status();
    if (!reduced->has_value()) continue;
    executions += (*reduced)->executions;
    if (!best.has_value() || Better(**reduced, *best)) best = **std::move(reduced);
  }
  if (!best.has_value()) return absl::NotFoundError("no schedule leads to the finding");
  best->executions = executions;
  return *std::move(best);
}

absl::StatusOr<std::vector<EssentialSwitch>> TestSwitches(Oracle& oracle,
                                                          const std::vector<Switch>& switches) {
  absl::StatusOr<Attempt> all = oracle.Run(switches);
  if (!all.ok()) return all.status();
  if (!all->same) {
    return absl::FailedPreconditionError(
        absl::StrCat("these switches do not lead to the finding, but to: ", all->outcome));
  }
  std::vector<EssentialSwitch> results;
  for (size_t i = 0; i < switches.size(); ++i) {
    EssentialSwitch result;
    result.which = switches[i];
    result.point = PointOf(switches[i], all->steps);
    if (absl::Status status = TestOne(oracle, switches, i, &result); !status.ok()) return status;
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace heddle::sim
