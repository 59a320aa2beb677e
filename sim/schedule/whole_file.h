// Files that are there whole or not at all.
#ifndef HEDDLE_SIM_SCHEDULE_WHOLE_FILE_H_
#define HEDDLE_SIM_SCHEDULE_WHOLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

// Never half a file, also when the process is killed: written beside `path`, then renamed.
absl::Status WriteWholeFile(absl::string_view text, const std::string& path);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SCHEDULE_WHOLE_FILE_H_
