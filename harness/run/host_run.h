// One run of one host process, in a folder of its own.
//
// The folder holds everything that crosses between the two: request.json, result.jsonl, what the
// host wrote to stdout and stderr, and the sanitizer's reports. A crash kills the host, never us.
#ifndef HEDDLE_HARNESS_RUN_HOST_RUN_H_
#define HEDDLE_HARNESS_RUN_HOST_RUN_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "sim/process/process.h"

namespace heddle::harness {

struct HostJob {
  std::string executable;
  std::string folder;  // exists; of this run alone
  host::Request request;
  std::chrono::nanoseconds time_limit{};
};

struct HostRun {
  ProcessOutcome outcome;
  std::string result_path;
  std::vector<Finding> sanitizer_findings;
  std::string last_words;  // see LastWords()
};

// Writes `request` to `path`. Unavailable when that fails, InvalidArgument when the request names a
// file whose name JSON cannot carry.
absl::Status WriteRequest(const host::Request& request, const std::string& path);

// Unavailable: the machine cannot do it (and how to mend that). InvalidArgument: the host refused
// the request, with its own words.
absl::StatusOr<HostRun> RunHost(const HostJob& job);

// The same in the orderly schedule, for a host that is built for the kernel; what its sanitizer
// says is not looked at. The result's path. FailedPrecondition when the host does not come to its
// end.
absl::StatusOr<std::string> RunHostOrderly(const HostJob& job);

// What the end of the process itself proves, if anything: a crash, a hang, a broken heap.
// `complete` says that the result has its end line, `progress` how far it goes ("after event 812").
std::optional<Finding> JudgeEnd(const HostRun& run, std::chrono::nanoseconds time_limit,
                                bool complete, const std::string& progress);

// The executable of `flavour` in `folder`. Unavailable, with the remedy, when it is not there.
absl::StatusOr<std::string> FindHost(const std::string& folder, Flavour flavour);

// The environment that makes sanitizers write their reports into `folder`, go on after a data race,
// and name functions and lines. What the user has set comes after ours and so wins, but for the
// place of the reports.
std::vector<std::string> SanitizerEnvironment(const std::string& folder);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_HOST_RUN_H_
