// Turns the races that ThreadSanitizer reports into targets of the search: strategy `race` brings
// two threads to the two accesses, so that the race can cause a failure.
#ifndef HEDDLE_HARNESS_RUN_RACE_TARGETS_H_
#define HEDDLE_HARNESS_RUN_RACE_TARGETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "reports/model/finding.h"
#include "sim/explore/explore.h"

namespace heddle::harness {

struct RaceTargets {
  std::vector<std::string> sites;  // as sim/supervisor/sites.h has them; distinct
  uint64_t races = 0;              // distinct ones, whether or not they have a site
  uint64_t schedules = 0;          // schedules run
};

// The message when there are races and none of their accesses is at a site.
inline constexpr absl::string_view kNothingToSteerTo =
    "the races are not between plain accesses of instrumented code; every strategy preempts there";

// Limit of sites. More races than that have a common cause.
inline constexpr size_t kMaxRaceSites = 64;

// Explores a program that is linked with ThreadSanitizer until schedules show data races, or the
// budget of `options` is spent (then there are no sites). Takes the subject, the budget, the seed
// and the callbacks of `options`; strategy, points and output are its own. Errors: sim::Explore's.
absl::StatusOr<RaceTargets> FindRaceTargets(sim::ExploreOptions options);

// The site of an access in a ThreadSanitizer report: the line of the innermost frame and, while
// those are of system headers, its callers' up to the first own one. Empty when the access was made
// by a function of a library, or its line is not known.
std::string SiteOf(const sim::Stack& access);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_RACE_TARGETS_H_
