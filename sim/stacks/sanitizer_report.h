// Reads what ThreadSanitizer, AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer wrote,
// as clang 14 to 19 and gcc 12 write it, into findings.
#ifndef HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_
#define HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding.h"

namespace heddle::harness {

struct SanitizerReports {
  std::vector<Finding> findings;  // in the order of the text; not deduplicated
  // Why a sanitizer could not do its work: the machine's fault, not the program's.
  std::vector<std::string> environment;
};

// `text` is any mixture of reports and other output; a report that breaks off counts as far as it
// goes. Of each report at most kMaxReportText bytes are kept, and of each stack kMaxFrames frames.
SanitizerReports ParseSanitizerReports(absl::string_view text);

// Whether a frame is of the code under test: see Frame::own.
bool IsOwnFrame(const Frame& frame);

inline constexpr size_t kMaxReportText = 32 << 10;
inline constexpr size_t kMaxFrames = 256;

// The finding in the last words of glibc's allocator ("malloc(): unaligned tcache chunk detected"),
// of an assertion or of std::terminate in `text`, as one line; "" when there are none.
std::string LastWords(absl::string_view text);

// Whether `words` are those of glibc's allocator about a broken heap.
bool IsHeapComplaint(absl::string_view words);

}  // namespace heddle::harness

#endif  // HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_
