// Decisions: who goes on at this point.
#ifndef HEDDLE_SIM_RUNTIME_CORE_DECIDE_H_
#define HEDDLE_SIM_RUNTIME_CORE_DECIDE_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// `self`, which has control and has announced its operation (points.h) or finished, stops here
// until it is chosen. A finished thread's call returns only on its own kernel thread, at its end.
//
// Each decision is one step: the strategy chooses among kernel.candidates, the step is written to
// kernel.log, and either the clock moves or the chosen thread gets control. When nobody can run and
// there is no deadline the execution ends with a finding.
void Schedule(Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_DECIDE_H_
