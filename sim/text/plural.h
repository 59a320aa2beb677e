// Counts in sentences.
#ifndef HEDDLE_SIM_TEXT_PLURAL_H_
#define HEDDLE_SIM_TEXT_PLURAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

// "1 run", "2 runs": of a noun whose plural ends with an s.
inline std::string Plural(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_TEXT_PLURAL_H_
