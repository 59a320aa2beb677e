// The names of the hosts with seeded bugs (seeded_bugs.h), for those who name them and need no
// code.
#ifndef HEDDLE_SIM_SEEDED_BUGS_NAMES_H_
#define HEDDLE_SIM_SEEDED_BUGS_NAMES_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace heddle::seeded_bugs {

// In the order of seeded_bugs.cc. They stand beside the dispatchers' own names in scenarios and
// requests.
inline constexpr std::array<absl::string_view, 16> kBugNames = {
    "bug-shared-lock",    "bug-stale-view",    "bug-borrowed-payload", "bug-lost-wakeup",
    "bug-silent-drop",    "bug-dropped-block", "bug-early-publish",    "bug-closed-handle",
    "bug-freed-request",  "bug-lock-order",    "bug-lifo-votes",       "bug-reverse-call",
    "bug-stale-snapshot", "bug-double-free",   "bug-relaxed-index",    "bug-sleep-flag"};

// `correct`, then those with seeded bugs: for tables of dispatchers' names.
template <size_t N>
constexpr std::array<absl::string_view, N + kBugNames.size()> WithBugNames(
    const std::array<absl::string_view, N>& correct) {
  std::array<absl::string_view, N + kBugNames.size()> all;
  for (size_t i = 0; i < N; ++i) all[i] = correct[i];
  for (size_t i = 0; i < kBugNames.size(); ++i) all[N + i] = kBugNames[i];
  return all;
}

}  // namespace heddle::seeded_bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_NAMES_H_
