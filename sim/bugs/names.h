// The names of the wrong hosts (bugs.h), for those who name them and need no code.
#ifndef HEDDLE_SIM_BUGS_NAMES_H_
#define HEDDLE_SIM_BUGS_NAMES_H_

#include <array>

#include "absl/strings/string_view.h"

namespace heddle::bugs {

// In the order of bugs.cc. They stand beside the dispatchers' own names in scenarios and requests.
inline constexpr std::array<absl::string_view, 10> kBugNames = {
    "bug-shared-lock",   "bug-stale-view",    "bug-borrowed-payload", "bug-lost-wakeup",
    "bug-silent-drop",   "bug-dropped-block", "bug-early-publish",    "bug-closed-handle",
    "bug-freed-request", "bug-stale-snapshot"};

}  // namespace heddle::bugs

#endif  // HEDDLE_SIM_BUGS_NAMES_H_
