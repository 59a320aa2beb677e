// How far apart two names are, for messages that say which name was meant.
#ifndef HEDDLE_HARNESS_SCENARIO_EDIT_DISTANCE_H_
#define HEDDLE_HARNESS_SCENARIO_EDIT_DISTANCE_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace heddle {

// Levenshtein's distance: how many characters must be inserted, deleted or replaced.
inline size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace heddle

#endif  // HEDDLE_HARNESS_SCENARIO_EDIT_DISTANCE_H_
