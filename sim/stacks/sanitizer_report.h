// Reads what ThreadSanitizer, AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer write,
// as clang 14 to 19 and gcc 12 write it. No other code looks into their text.
#ifndef HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_
#define HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/stacks/frame.h"

namespace heddle::sim {

inline constexpr char kThreadSanitizer[] = "ThreadSanitizer";
inline constexpr char kAddressSanitizer[] = "AddressSanitizer";
inline constexpr char kLeakSanitizer[] = "LeakSanitizer";
inline constexpr char kUndefinedBehaviorSanitizer[] = "UndefinedBehaviorSanitizer";

struct SanitizerReport {
  std::string sanitizer;  // one of the above
  // Its word for the error, without what differs between executions: "data-race",
  // "heap-use-after-free", "SEGV", "leak", "index N out of bounds for type 'int[N]'".
  std::string error;
  bool fatal = false;   // "ERROR", which ends the program, rather than a warning
  std::string message;  // one paragraph for people
  std::string summary;  // its SUMMARY line without the place; "" when there was none
  // What lies at the address: "0 bytes inside of 548-byte region", "global 'x' of size 4"; "" when
  // the report does not say.
  std::string location;
  uint64_t block = 0;  // AddressSanitizer: where the heap block begins; 0 when there is none
  std::vector<Stack> stacks;
  std::string text;  // as the sanitizer wrote it, up to the summary
};

struct SanitizerReports {
  std::vector<SanitizerReport> reports;  // in the order of the text; not deduplicated
  // Why a sanitizer could not do its work: the machine's fault, not the program's.
  std::vector<std::string> environment;
};

// For people: that line of `environment`, and what helps.
std::string DescribeEnvironment(absl::string_view line);

inline constexpr size_t kMaxReportText = 32 << 10;
inline constexpr size_t kMaxFrames = 256;

// `text` is any mixture of reports and other output; a report that breaks off counts as far as it
// goes. Of each report at most kMaxReportText bytes are kept, and of each stack kMaxFrames frames.
SanitizerReports ParseSanitizerReports(absl::string_view text);

// The errors in one report. LeakSanitizer lists all leaks in one: each becomes a report of its own.
// What only other leaked blocks point to counts when nothing is leaked directly.
std::vector<SanitizerReport> EachError(SanitizerReport report);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_SANITIZER_REPORT_H_
