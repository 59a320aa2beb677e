// The watchdog: uninstrumented code that spins, or blocks, never reaches a point. The supervisor
// looks whether there are new ones and sends kWatchdogSignal when there are none. (A timer in the
// process would interrupt the program's own system calls.) It sends the same when the time of the
// execution is over.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_
#define HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_

namespace heddle::sim::runtime {

// In the process of an execution, before it begins. At the signal the execution ends with the
// finding "uncontrolled" or "time-limit", which has the stack of the thread that runs.
void CatchWatchdog();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_
