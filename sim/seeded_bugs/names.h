// The names of the wrong hosts (bugs.h), for those who name them and need no code.
#ifndef HEDDLE_SIM_SEEDED_BUGS_NAMES_H_
#define HEDDLE_SIM_SEEDED_BUGS_NAMES_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace heddle::bugs {

// In the order of bugs.cc. They stand beside the dispatchers' own names in scenarios and requests.
inline constexpr std::array<absl::string_view, 14> kBugNames = {
    "bug-shared-lock",    "bug-stale-view",    "bug-borrowed-payload", "bug-lost-wakeup",
    "bug-silent-drop",    "bug-dropped-block", "bug-early-publish",    "bug-closed-handle",
    "bug-freed-request",  "bug-lock-order",    "bug-lifo-votes",       "bug-reverse-call",
    "bug-stale-snapshot", "bug-double-free"};

// `right`, then the wrong ones: for tables of dispatchers' names.
template <size_t N>
constexpr std::array<absl::string_view, N + kBugNames.size()> WithBugNames(
    const std::array<absl::string_view, N>& right) {
  std::array<absl::string_view, N + kBugNames.size()> all;
  for (size_t i = 0; i < N; ++i) all[i] = right[i];
  for (size_t i = 0; i < kBugNames.size(); ++i) all[N + i] = kBugNames[i];
  return all;
}

}  // namespace heddle::bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_NAMES_H_
