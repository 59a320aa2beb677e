// The fork server: the process that a supervisor starts, set up once, and forked for each
// execution.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_FORK_SERVER_H_
#define HEDDLE_SIM_RUNTIME_SERVE_FORK_SERVER_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Serves the supervisor until that is gone, and returns in the children only, each of which is one
// execution under control. Under a debugger (Debugger::kStarts) it does not fork: returns at once,
// and the process is the execution. On the process's only thread, with the supervisor's control
// block mapped.
void Serve();

// Whether this process is one execution of a supervisor's: Serve() has returned.
bool IsServed();
// As fork(): a child of the server.
long ForkProcess();
// In a child of the server: makes it a process in which executions run, and begins one.
void BeginServedProcess();
void BeginExecution(uint64_t execution);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_FORK_SERVER_H_
