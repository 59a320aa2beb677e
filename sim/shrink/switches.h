// A schedule as the few places where it departs from the default one (Switch, sim/protocol/
// control.h): shrinking reduces, moves and describes these.
#ifndef HEDDLE_SIM_SHRINK_SWITCHES_H_
#define HEDDLE_SIM_SHRINK_SWITCHES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/control.h"

namespace heddle::sim {

// What leads to exactly `steps`: the reads of stores that are not the newest, and the switches: one
// for each point at which somebody else went on, or at which the default schedule might not have
// let the same one go on. In the order of the points. Many of them may repeat what the default
// schedule does.
std::vector<Switch> SwitchesOf(const std::vector<Step>& steps);

// The point at which `which` comes in the execution `steps`: the index of the first step after it,
// or of the step that reads.
// steps.size() when it does not come.
uint64_t PointOf(const Switch& which, const std::vector<Step>& steps);

// How often control goes to another thread in `steps`. The clock is no thread: time that passes
// between two steps of one thread is no context switch.
uint64_t ContextSwitches(const std::vector<Step>& steps);

// How many of them go to a thread, and not to the clock.
uint64_t ThreadSwitches(const std::vector<Switch>& switches);

// "1@17>2 0@3>c 2@5=1", c for the clock, = for a read: for schedule files.
std::string FormatSwitches(const std::vector<Switch>& switches);
// InvalidArgument says what was expected.
absl::StatusOr<std::vector<Switch>> ParseSwitches(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_SWITCHES_H_
