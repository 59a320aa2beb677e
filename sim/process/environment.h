// What the machine does not give, as an error that says what to do about it.
#ifndef HEDDLE_SIM_PROCESS_ENVIRONMENT_H_
#define HEDDLE_SIM_PROCESS_ENVIRONMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

// Unavailable: "WHAT: No space left on device; free some space, ...", for an errno.
absl::Status EnvironmentError(int error, absl::string_view what);

// What helps against an errno; "" when nothing is known.
std::string RemedyOf(int error);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROCESS_ENVIRONMENT_H_
