// Searches for several texts at once. For the readers of this folder.
#ifndef HEDDLE_SIM_STACKS_TEXT_MATCH_H_
#define HEDDLE_SIM_STACKS_TEXT_MATCH_H_

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

template <typename... Needles>
bool HasAnyPrefix(absl::string_view text, Needles... needles) {
  return (absl::StartsWith(text, needles) || ...);
}
template <typename... Needles>
bool HasAny(absl::string_view text, Needles... needles) {
  return (absl::StrContains(text, needles) || ...);
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_TEXT_MATCH_H_
