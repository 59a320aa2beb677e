// Exit statuses by which a controlled process says how it ended. Different from those that programs
// and sanitizers use by default. (Those of the heddle command itself: harness/cli/command.h.)
#ifndef HEDDLE_SIM_PROTOCOL_EXIT_STATUS_H_
#define HEDDLE_SIM_PROTOCOL_EXIT_STATUS_H_

namespace heddle::sim {

// A sanitizer reported (exitcode= of TSAN_OPTIONS and ASAN_OPTIONS; ThreadSanitizer's default).
inline constexpr int kSanitizerExitStatus = 66;
// The runtime found a failure itself: Control::finding has it.
inline constexpr int kFindingExitStatus = 70;
// Control could not begin (a bad strategy name...): Control::finding.message says why.
inline constexpr int kSetupExitStatus = 71;
// An initialiser of the program started a thread, or a timer, before control began: to be started
// again with control in front of the initialisers (StartAt::kInitialisers).
inline constexpr int kStartOverExitStatus = 72;

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_EXIT_STATUS_H_
