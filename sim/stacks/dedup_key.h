// What makes two findings the same finding. Schedule files and stores on disk keep these keys: a
// change here makes known findings new.
#ifndef HEDDLE_SIM_STACKS_DEDUP_KEY_H_
#define HEDDLE_SIM_STACKS_DEDUP_KEY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/protocol/control.h"
#include "sim/stacks/frame.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::sim {

// The own frames of a thread, innermost first, at most one for each return address. When no thread
// has one, the innermost frame of each thread that is not Heddle's: a key is never a bare kind.
struct ThreadFrames {
  ThreadNumber thread = kNoThread;
  std::vector<Frame> frames;
};

// What is known of an execution that failed.
struct FailedExecution {
  FailureKind kind = FailureKind::kNone;
  std::string message;               // the runtime's, or the signal
  ThreadNumber thread = kNoThread;   // that failed
  absl::string_view standard_error;  // with the names filled in
  // Of all threads. Called only if nothing else identifies the failure: naming addresses takes
  // time.
  std::function<std::vector<ThreadFrames>()> own_stacks;
};

// The kind, and where the threads involved are in the program's own code, without addresses,
// numbers of threads, or anything else that differs between executions. For people too:
// "deadlock transfer.cc:27 transfer.cc:31".
std::string DedupKey(const FailedExecution& execution);

// Of a sanitizer's report: its summary, and the innermost own frame of each of the first two stacks
// that have one, in a fixed order. When none has, the innermost frame of the first.
std::string DedupKey(const SanitizerReport& report);
// Of the first whole report in `text`; "" when there is none.
std::string SanitizerDedupKey(absl::string_view text);

// 16 hex digits over the words and, for each stack that shows an access, its innermost own frames
// (function and file, no line: the key should outlive small edits). The order of the accesses does
// not matter: either thread of a race may come first.
std::string HashedDedupKey(absl::string_view kind, absl::string_view detail,
                           const std::vector<Stack>& stacks, absl::string_view place);

// "file.cc:12", or the function's name when the line is not known; "" for a frame that is not the
// program's own.
std::string OwnLocation(const Frame& frame);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_DEDUP_KEY_H_
