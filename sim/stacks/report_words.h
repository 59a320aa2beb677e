// The prose of sanitizers' reports, without what changes from run to run. For sanitizer_report.cc.
#ifndef HEDDLE_SIM_STACKS_REPORT_WORDS_H_
#define HEDDLE_SIM_STACKS_REPORT_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// The type of an error as one word.
// "data race (pid=12)" -> "data-race".
std::string ThreadError(absl::string_view words);
// "heap-use-after-free on address 0x.." -> "heap-use-after-free"; sentences get the name that
// SUMMARY has.
std::string AddressError(absl::string_view words);
// "index 5 out of bounds for type 'int[4]'" -> "index N out of bounds for type 'int[N]'": values
// change from run to run, the error does not.
std::string UndefinedError(absl::string_view words);

// "SUMMARY: ThreadSanitizer: data race /x.cc:3:1 in f()" -> "ThreadSanitizer: data race"; "" for
// another line.
std::string SummaryOf(absl::string_view line);

// "Write of size 8 at 0x7b08 by thread T1:" -> "Write of size 8 by thread T1";
// "Thread T1 'p' (tid=7, running) created by main thread at:" ->
// "Thread T1 'p' created by main thread".
std::string CleanTitle(absl::string_view line);

// "SEGV on unknown address 0x08 (pc 0x55 bp 0x7f sp 0x7f T3)" -> "SEGV in thread T3": an error's
// first line as the title of the stack that follows it directly.
std::string HeadlineTitle(absl::string_view words);

// "T1" or "main" from a title; the report's own numbers, not the system's.
std::string ThreadOf(absl::string_view title);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_REPORT_WORDS_H_
