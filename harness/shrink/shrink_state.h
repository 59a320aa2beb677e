// What the steps of a shrink work on.
#ifndef HEDDLE_HARNESS_SHRINK_SHRINK_STATE_H_
#define HEDDLE_HARNESS_SHRINK_SHRINK_STATE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/shrink/scenario_subject.h"
#include "harness/shrink/shrink_options.h"
#include "sim/schedule/schedule.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/switches.h"

namespace heddle::harness {

// The parts of the time limit after which few events are left out with a search too, after which
// the events must be done with, and after which everything that is left out; the rest is for the
// narrative.
inline constexpr double kQuickShare = 0.3;
inline constexpr double kEventsShare = 0.6;
inline constexpr double kSearchShare = 0.85;

// Thread rule: one thread at a time.
struct ShrinkState {
  const ShrinkOptions& options;
  std::chrono::steady_clock::time_point start;
  sim::Schedule schedule;                    // as it was given
  std::unique_ptr<ScenarioSubject> subject;  // null for a program

  // The smallest so far that leads to the finding.
  std::vector<uint32_t> kept;  // positions of events of `subject`
  std::vector<sim::Switch> switches;
  std::vector<sim::Step> steps;
  sim::Target target;
  std::unique_ptr<sim::Prober> prober;  // of `kept`
  bool events_minimal = false;          // none of `kept` can be left out

  ShrinkReport report;

  // False once `share` of the time limit is over, or the user has interrupted.
  std::function<bool()> Until(double share) const;
  // Tells ShrinkOptions::progress.
  void Announce(const std::string& text) const;
  // Of the smallest so far.
  ShrinkSize Size() const { return SizeOf(steps, kept.size()); }
  ShrinkSize SizeOf(const std::vector<sim::Step>& of_steps, size_t events) const;
  // Makes `prober` one of `kept`.
  absl::Status StartProber();
};

// Reads the schedule file of `options`, which outlives the state, starts what it is about, and
// makes sure that it leads to its finding. Errors: see ShrinkFinding().
absl::StatusOr<ShrinkState> OpenShrink(const ShrinkOptions& options);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SHRINK_STATE_H_
