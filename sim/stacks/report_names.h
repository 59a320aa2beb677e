// Fills the names into a sanitizer's report that was written without them.
#ifndef HEDDLE_SIM_STACKS_REPORT_NAMES_H_
#define HEDDLE_SIM_STACKS_REPORT_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/stacks/symbolizer.h"

namespace heddle::sim {

// `text` is what a sanitizer writes with symbolize=0; the result is as the sanitizer would have
// written it itself. `modules` are the paths of the program and its libraries.
std::string WithNames(absl::string_view text, const std::vector<std::string>& modules,
                      Symbolizer* symbolizer);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_REPORT_NAMES_H_
