// What the harness adds to its schedule files: Schedule::extra.
#ifndef HEDDLE_HARNESS_RUN_SCHEDULE_EXTRA_H_
#define HEDDLE_HARNESS_RUN_SCHEDULE_EXTRA_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/schedule/schedule.h"

namespace heddle::harness {

// Each may be missing.
struct ScheduleExtra {
  std::vector<std::string> arguments;              // of a program, without its name
  std::string dispatcher;                          // of a scenario
  std::string producer;                            // of a scenario; "": the simulated one
  std::optional<std::vector<std::string>> faults;  // of a scenario: "NAME=VALUE"
  std::optional<std::string> switches;  // of a schedule that was shrunk; "" where none is left
};

// `name` is the file's, for messages. InvalidArgument if a member has another type.
absl::StatusOr<ScheduleExtra> ReadExtra(const sim::Schedule& schedule, absl::string_view name);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_SCHEDULE_EXTRA_H_
