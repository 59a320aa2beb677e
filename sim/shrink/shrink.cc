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
    return std::tuple(ThreadSwitches(s.switches), ContextSwitches(s.steps), s.switches.size(),
                      s.steps.size());
  };
  return measure(a) < measure(b);
}

// A schedule on its way down.
class Reduction {
 public:
  Reduction(Reproducer& reproducer, const std::function<bool()>& go_on)
      : reproducer_(reproducer), go_on_(go_on) {}

  // Nothing when `start` does not lead to the finding.
  absl::StatusOr<std::optional<ShrunkSchedule>> Run(const std::vector<Switch>& start) {
    const bool leads = Fails(start);
    if (!error_.ok()) return error_;
    if (!leads) return std::nullopt;
    result_.switches = start;
    DropWhatNeverComes();
    LeaveOut();
    // What has fewer context switches may need more chosen ones: then the better of both is kept.
    while (error_.ok() && go_on_()) {
      ShrunkSchedule before = result_;
      if (!Consolidate()) break;
      LeaveOut();
      if (Better(result_, before)) continue;
      before.executions = result_.executions;
      result_ = std::move(before);
      break;
    }
    if (!error_.ok()) return error_;
    result_.switches = InOrder(result_.switches, result_.steps);
    return std::move(result_);
  }

 private:
  // Whether `switches` lead to the finding; then their steps are the result's.
  bool Fails(const std::vector<Switch>& switches) {
    std::optional<std::vector<Step>> steps = Try(switches);
    if (steps.has_value()) result_.steps = *std::move(steps);
    return steps.has_value();
  }

  std::optional<std::vector<Step>> Try(const std::vector<Switch>& switches) {
    ++result_.executions;
    absl::StatusOr<Attempt> attempt = reproducer_.Run(switches);
    error_.Update(attempt.status());
    if (!attempt.ok() || !attempt->same) return std::nullopt;
    return std::move(attempt->steps);
  }

  void DropWhatNeverComes() {
    std::vector<Switch> coming = result_.switches;
    std::erase_if(coming, [this](const Switch& s) {
      return PointOf(s, result_.steps) == result_.steps.size();
    });
    if (coming.size() < result_.switches.size() && Fails(coming)) {
      result_.switches = std::move(coming);
    }
  }

  void LeaveOut() {
    const std::vector<Switch> all = InOrder(result_.switches, result_.steps);
    const Minimized minimized = Minimize(
        static_cast<uint32_t>(all.size()),
        [&](const std::vector<uint32_t>& kept) { return Fails(Selected(all, kept)); },
        [this] { return error_.ok() && go_on_(); });
    result_.switches = Selected(all, minimized.kept);
    result_.minimal = minimized.minimal;
  }

  // Puts a turn of a thread before the turn of another one that comes before it, wherever the
  // finding survives that with fewer context switches (Jalbert and Sen, "A Trace Simplification
  // Technique for Effective Debugging of Concurrent Programs", 2010). Whether that went anywhere.
  bool Consolidate() {
    bool any = false;
    for (size_t turn = 1; go_on_() && error_.ok(); ++turn) {
      const std::vector<size_t> begins = TurnsOf(result_.steps);
      if (turn + 1 >= begins.size()) break;
      const std::vector<Switch> candidate = SwitchesOf(Swapped(result_.steps, begins, turn));
      std::optional<std::vector<Step>> steps = Try(candidate);
      if (!steps.has_value() || ContextSwitches(*steps) >= ContextSwitches(result_.steps)) continue;
      result_.steps = *std::move(steps);
      result_.switches = candidate;
      any = true;
    }
    if (any) DropWhatNeverComes();
    return any;
  }

  // Where each thread's turn begins. Time that passes belongs to the turn that follows.
  static std::vector<size_t> TurnsOf(const std::vector<Step>& steps) {
    std::vector<size_t> begins = {0};
    size_t end = 0;  // behind the last step that was not the clock's
    for (size_t i = 0; i < steps.size(); ++i) {
      if (StepThread(steps[i]) == kClock) continue;
      if (i > 0 && StepThread(steps[i]) != StepThread(steps[end - 1])) begins.push_back(end);
      end = i + 1;
    }
    return begins;
  }

  // `steps` with turn number `turn` after the one that follows it.
  static std::vector<Step> Swapped(const std::vector<Step>& steps,
                                   const std::vector<size_t>& begins, size_t turn) {
    const auto at = [&](size_t i) {
      const size_t position = i < begins.size() ? begins[i] : steps.size();
      return steps.begin() + static_cast<std::ptrdiff_t>(position);
    };
    std::vector<Step> swapped = steps;
    std::rotate_copy(at(turn), at(turn + 1), at(turn + 2),
                     swapped.begin() + (at(turn) - steps.begin()));
    return swapped;
  }

  Reproducer& reproducer_;
  const std::function<bool()>& go_on_;
  ShrunkSchedule result_;
  absl::Status error_;
};

// Whether the finding stays when `switches[i]` comes `distance` steps later, or earlier.
absl::StatusOr<bool> StaysMoved(Reproducer& reproducer, std::vector<Switch> switches, size_t i,
                                int64_t distance) {
  const int64_t at = int64_t{switches[i].at} + distance;
  if (at < 1) return false;
  switches[i].at = static_cast<uint32_t>(at);
  absl::StatusOr<Attempt> attempt = reproducer.Run(switches);
  if (!attempt.ok()) return attempt.status();
  return attempt->same;
}

// How far `switches[i]` can move in `direction`: in strides twice as long each time, then by
// halves between the last one that went and the first one that did not.
absl::Status Move(Reproducer& reproducer, const std::vector<Switch>& switches, size_t i,
                  int direction, uint32_t* bound, bool* open) {
  uint32_t stays = 0, lost = 1;
  *open = false;
  for (;;) {
    absl::StatusOr<bool> moved = StaysMoved(reproducer, switches, i, int64_t{direction} * lost);
    if (!moved.ok()) return moved.status();
    if (!*moved) break;
    stays = lost;
    *open = lost >= kMostRoom;
    if (*open) break;
    lost *= 2;
  }
  while (!*open && lost - stays > 1) {
    const uint32_t middle = stays + (lost - stays) / 2;
    absl::StatusOr<bool> moved = StaysMoved(reproducer, switches, i, int64_t{direction} * middle);
    if (!moved.ok()) return moved.status();
    (*moved ? stays : lost) = middle;
  }
  *bound = static_cast<uint32_t>(int64_t{switches[i].at} + int64_t{direction} * stays);
  return absl::OkStatus();
}

absl::Status TestOne(Reproducer& reproducer, const std::vector<Switch>& switches, size_t i,
                     TestedSwitch* result) {
  std::vector<Switch> without = switches;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
  absl::StatusOr<Attempt> attempt = reproducer.Run(without);
  if (!attempt.ok()) return attempt.status();
  result->essential = !attempt->same;
  result->without = attempt->outcome;
  if (!result->essential || switches[i].store != 0) return absl::OkStatus();  // a read cannot move
  absl::Status status =
      Move(reproducer, switches, i, -1, &result->room.earliest, &result->room.earlier_open);
  if (!status.ok()) return status;
  return Move(reproducer, switches, i, +1, &result->room.latest, &result->room.later_open);
}

}  // namespace

absl::StatusOr<ShrunkSchedule> ShrinkSchedule(Reproducer& reproducer,
                                              const std::vector<std::vector<Switch>>& starts,
                                              const std::function<bool()>& go_on) {
  std::optional<ShrunkSchedule> best;
  uint64_t executions = 0;
  for (const std::vector<Switch>& start : starts) {
    if (best.has_value() && !go_on()) break;
    absl::StatusOr<std::optional<ShrunkSchedule>> reduced = Reduction(reproducer, go_on).Run(start);
    if (!reduced.ok()) return reduced.status();
    if (!reduced->has_value()) continue;
    executions += (*reduced)->executions;
    if (!best.has_value() || Better(**reduced, *best)) best = **std::move(reduced);
  }
  if (!best.has_value()) return absl::NotFoundError("no schedule leads to the finding");
  best->executions = executions;
  return *std::move(best);
}

absl::StatusOr<std::vector<TestedSwitch>> TestSwitches(Reproducer& reproducer,
                                                       const std::vector<Switch>& switches,
                                                       const std::function<bool()>& go_on) {
  absl::StatusOr<Attempt> all = reproducer.Run(switches);
  if (!all.ok()) return all.status();
  if (!all->same) {
    return absl::FailedPreconditionError(
        absl::StrCat("these switches do not lead to the finding. Outcome: ", all->outcome));
  }
  std::vector<TestedSwitch> results;
  for (size_t i = 0; i < switches.size(); ++i) {
    TestedSwitch result;
    result.which = switches[i];
    result.point = PointOf(switches[i], all->steps);
    if (go_on()) {
      if (absl::Status status = TestOne(reproducer, switches, i, &result); !status.ok())
        return status;
      result.tested = true;
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace heddle::sim
