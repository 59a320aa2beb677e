// What a schedule file is a schedule of, ready to be run again.
#ifndef HEDDLE_HARNESS_SHRINK_SCHEDULED_PROGRAM_H_
#define HEDDLE_HARNESS_SHRINK_SCHEDULED_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "sim/kernel/supervisor.h"
#include "sim/schedule/schedule.h"

namespace heddle::harness {

// The host that carries out the scenario of `schedule` (of the file `path`), in `flavour`; its
// request and result are in `folder`: request.json, result.jsonl. `host_folder` holds the hosts.
absl::StatusOr<sim::ProgramOptions> HostOf(const sim::Schedule& schedule, const std::string& path,
                                           const std::string& flavour,
                                           const std::string& host_folder,
                                           const std::string& folder);

// The program that `schedule` (of the file `path`) names; in another flavour, the executable beside
// it with that ending.
absl::StatusOr<sim::ProgramOptions> ProgramOf(const sim::Schedule& schedule,
                                              const std::string& path, const std::string& flavour);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SCHEDULED_PROGRAM_H_
