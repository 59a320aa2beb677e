// The builds of a program under test, as schedule files of it name them: PATH-det, PATH-tsan and
// PATH-asan beside each other, or one PATH of any name.
//
// A schedule file comes from anywhere. It does not decide what runs: a program that its user did
// not name runs only if its path leads from the current folder to a file below that, which is byte
// for byte what was recorded and holds the runtime.
#ifndef HEDDLE_HARNESS_RUN_PROGRAM_BUILDS_H_
#define HEDDLE_HARNESS_RUN_PROGRAM_BUILDS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/schedule/schedule.h"

namespace heddle::harness {

// "det", "tsan", "asan": what the name of `program` ends with, after a hyphen; "" for another name.
absl::string_view EndingOf(const std::string& program);

// `program` with the ending of `flavour` instead of its own; as it is if it has no such ending.
std::string BuildIn(const std::string& program, absl::string_view flavour);

// For Schedule::subject_builds: SHA-256, in hexadecimal, of each build of `program` that is there,
// by its ending ("det", "tsan", "asan"); of one without an ending, under "".
std::map<std::string, std::string> HashBuilds(const std::string& program);

// The executable that `schedule`, read from the file `path`, is about, in `flavour`, for a user who
// did not name it. FailedPrecondition, with the reason and the remedy, if it must not run.
absl::StatusOr<std::string> FindBuild(const sim::Schedule& schedule, const std::string& path,
                                      absl::string_view flavour);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_PROGRAM_BUILDS_H_
