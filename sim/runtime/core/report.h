// Findings: written into the control block first, then printed, then the process ends.
#ifndef HEDDLE_SIM_RUNTIME_CORE_REPORT_H_
#define HEDDLE_SIM_RUNTIME_CORE_REPORT_H_

#include "sim/protocol/control.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Ends the process with kFindingExitStatus: writes the finding down with the stacks of all threads
// (while an execution is under way), and prints it. On the thread that has control, not in a signal
// handler. Before control began there are no threads to report, and it works all the same.
[[noreturn]] void Fail(FailureKind kind, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// A place that the next finding tells besides the stacks: where (kMaxPlaceFrames return addresses,
// innermost first), and why it matters. On the thread that has control.
void AddToNextFinding(const uint64_t* pcs, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

// Fail() for an operation whose outcome a replay could not repeat.
[[noreturn]] void Unmodelled(const char* operation);

// Writes the finding down and returns. Needs kernel.control. With `all_threads` every other thread
// is switched to, so that it can collect its own stack; never do that in a signal handler.
void RecordFinding(FailureKind kind, const char* message, bool all_threads);

// `self` reads what differs between machines or runs, and goes on: `what` is told when two runs of
// one schedule differ. Each `what` once, up to kMaxRealValues of them.
void NoteRealValue(const Thread* self, const char* what);

// ThreadSanitizer has a report on the calling thread, which `report` tells from others
// (ExecutionSummary::report), and has not printed it. True: it is not to, the report is counted. In
// a worker it is that, or the execution is left to a fork.
bool CountKnownReport(uint64_t report);

// A sanitizer reports on the calling thread: notes the point. The execution goes on.
void NoteSanitizerReport();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_REPORT_H_
