// One run of one host process, in a folder of its own.
//
// The folder holds request.json, result.jsonl, the host's stdout and stderr, and the sanitizer's
// reports. A crash ends the host process only.
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
#include "sim/supervisor/supervisor.h"

namespace heddle::harness {

using reports::Finding;

struct HostJob {
  std::string executable;
  std::string folder;  // exists; of this run alone
  host::Request request;
  std::chrono::nanoseconds time_limit{};
};

struct HostRun {
  sim::ProcessOutcome outcome;
  std::string result_path;
  std::vector<Finding> sanitizer_findings;
  std::string last_words;  // see LastWords()
};

// Unavailable: the machine lacks something; the message says how to fix it. InvalidArgument: the
// host rejected the request; the message is its own.
absl::StatusOr<HostRun> RunHost(const HostJob& job);

// A host under control, which has prepared the run and waits at its checkpoint. It starts in its
// folder and finds there the request, the trace and its result by names that are the same on every
// machine: they are in its heap, where longer ones would take another path. Errors: those of
// RunHost() before the host starts.
absl::StatusOr<sim::ProgramOptions> ControlledHost(const HostJob& job);
// Where the host of `folder` reports.
std::string ResultIn(const std::string& folder);

// RunHost() under the default schedule (FIFO, no preemption), for an instrumented host. Ignores
// sanitizer reports. Returns the path of the result. FailedPrecondition when the host does not
// complete.
absl::StatusOr<std::string> RunHostInDefaultSchedule(const HostJob& job);

// The finding that the end of the process proves, if any: a crash, a hang, a broken heap.
// `complete` says that the result has its end line, `progress` how far it goes ("after event 812").
std::optional<Finding> FindingOfEnd(const HostRun& run, std::chrono::nanoseconds time_limit,
                                    bool complete, const std::string& progress);

// The executable of `flavour` in `folder`. Unavailable, with the remedy, when it is not there.
absl::StatusOr<std::string> FindHost(const std::string& folder, Flavour flavour,
                                     Producer producer = Producer::kSimulated);

// The environment that makes sanitizers write their reports into `folder`, go on after a data race,
// and name functions and lines. What the user has set comes after ours and so wins, but for the
// place of the reports.
std::vector<std::string> SanitizerEnvironment(const std::string& folder);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_HOST_RUN_H_
