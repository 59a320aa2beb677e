// The lines that every sanitizer's report is made of. For the readers of this folder.
#ifndef HEDDLE_SIM_STACKS_REPORT_LINE_H_
#define HEDDLE_SIM_STACKS_REPORT_LINE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "sim/stacks/frame.h"

namespace heddle::sim {

// Whether `line` is one of a stack: "    #12 ...".
bool IsFrameLine(absl::string_view line);

// Where a line names a place in a module: "... (MODULE+0x12ab) (BuildId: ...)".
struct CodeReference {
  absl::string_view before;  // what stands in front of it
  absl::string_view module;  // as it is written
  uint64_t offset = 0;
};
std::optional<CodeReference> FindReference(absl::string_view line);

// "    #3 0x55.. in FUNCTION FILE:LINE:COLUMN (MODULE+0x..) (BuildId: ..)"; any part may be
// missing. Nothing when the line is no frame.
std::optional<Frame> ParseFrame(absl::string_view line);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_REPORT_LINE_H_
