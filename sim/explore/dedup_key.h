// What makes two findings the same finding.
#ifndef HEDDLE_SIM_EXPLORE_DEDUP_KEY_H_
#define HEDDLE_SIM_EXPLORE_DEDUP_KEY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

// Of an outcome with a finding: its kind and where the threads involved were in the program's own
// code, without addresses, numbers of threads, or anything else that differs from one execution to
// the next. For people too: "deadlock transfer.cc:27 transfer.cc:31".
std::string SignatureOf(const Outcome& outcome, const Supervisor& supervisor);

// The parts, for tests.
// Of a sanitizer's report: its type and the innermost frame of the program in each of its first two
// stacks, the stacks in a fixed order. Empty when the text holds no report.
std::string SanitizerSignature(absl::string_view report);
// What a dying program said about it: a failed assertion, an exception, the allocator's complaint.
std::string LastWords(absl::string_view standard_error);
// "file.cc:12" from a line that ends in the location of a frame; "" when that is not the program's
// own (the standard library, libc, a sanitizer).
std::string OwnLocation(absl::string_view frame);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_DEDUP_KEY_H_
