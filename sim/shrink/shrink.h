// Shrinking a schedule: the fewest departures from the default schedule that lead to the same
// finding, how far each can move, and the outcome without it.
//
// Knows no process: what an execution comes to is asked of a Reproducer.
#ifndef HEDDLE_SIM_SHRINK_SHRINK_H_
#define HEDDLE_SIM_SHRINK_SHRINK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/protocol/control.h"

namespace heddle::sim {

// The outcome of an execution.
struct Attempt {
  bool same = false;    // the finding that is shrunk: the same dedup_key
  std::string outcome;  // "clean", or the dedup_key of what was found
  std::vector<Step> steps;
};

// Answers whether a schedule leads to the finding that is shrunk.
class Reproducer {
 public:
  virtual ~Reproducer() = default;
  // Runs the default schedule with `switches`. An error ends the shrinking.
  virtual absl::StatusOr<Attempt> Run(const std::vector<Switch>& switches) = 0;
};

// How far a switch can move: the finding comes for `at` = earliest and latest, and not for the next
// value on either side. (In between not every value was tried.)
struct Room {
  uint32_t earliest = 0;
  uint32_t latest = 0;
  // That end was not met within kMostRoom.
  bool earlier_open = false;
  bool later_open = false;
};

// A tested switch.
struct TestedSwitch {
  Switch which;
  bool tested = false;     // false when time ran out first; then the rest is not known
  uint64_t point = 0;      // at which it comes
  bool essential = false;  // the finding does not occur without it
  std::string without;     // the outcome without it
  Room room;               // of an essential one
};

struct ShrunkSchedule {
  std::vector<Switch> switches;  // in the order in which they come
  std::vector<Step> steps;
  bool minimal = false;  // no switch can be left out; false when time ran out first
  uint64_t executions = 0;
};

// How far from its place a switch is tried, in steps of its thread, either way.
inline constexpr uint32_t kMostRoom = 64;

// Reduces each of `starts` (schedules that may lead to the finding) and returns the best: fewest
// of these switches that go to a thread, then fewest context switches in all, then fewest switches
// that let time pass, then fewest steps. NotFound when none of them leads to it. `go_on` is asked
// before each execution: when it says no, the best so far is the result.
absl::StatusOr<ShrunkSchedule> ShrinkSchedule(Reproducer& reproducer,
                                              const std::vector<std::vector<Switch>>& starts,
                                              const std::function<bool()>& go_on);

// Tests each of `switches` (which together lead to the finding): leaves it out, and moves it.
// FailedPrecondition when they do not lead to the finding. `go_on` is asked before each switch:
// when it says no, those that are left are not tested.
absl::StatusOr<std::vector<TestedSwitch>> TestSwitches(Reproducer& reproducer,
                                                       const std::vector<Switch>& switches,
                                                       const std::function<bool()>& go_on);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_SHRINK_H_
