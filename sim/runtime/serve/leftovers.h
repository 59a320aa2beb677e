// What an execution leaves behind must not reach the next one. In the fork server, which outlives
// its executions.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_
#define HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_

namespace heddle::sim::runtime {

// Before the first execution: processes that lose their parent become children of this one.
void AdoptLeftProcesses();

// After each execution, which has been waited for: ends the processes that it started and left, and
// empties the executions' temporary folder (kTemporaryFolderDescriptor). A few system calls when
// nothing was left.
void RemoveLeftovers();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_
