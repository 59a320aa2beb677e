// Where the events of a finding's cause are among the steps of a replay.
#ifndef HEDDLE_REPORTS_TIMELINE_EVENTS_H_
#define HEDDLE_REPORTS_TIMELINE_EVENTS_H_

#include <vector>

#include "reports/timeline.h"
#include "sim/schedule/schedule.h"

namespace heddle::reports {

// Adds the causes, the inserted steps and the marks of `findings` to `timeline`, which has its log
// and its lanes.
void AddEvents(const sim::Schedule& schedule, const std::vector<Finding>& findings,
               Timeline* timeline);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_TIMELINE_EVENTS_H_
