// The state of the kernel, in named parts; each part's header states what it is for.
//
// Thread rule: there is one, and it belongs to the simulated thread that has control; there is
// never a second one. Kernel threads that are not simulated (a starting thread until it parks, a
// sanitizer's background thread) have tls_self == nullptr and do not touch it. Signal handlers
// (crashes, the watchdog) read it on their way to a finding. Forks: an execution is a fork of the
// process that served the supervisor and has a copy of its own; only what lies behind `control` and
// `strategy` is shared memory.
//
// debug.py reads it by these names.
#ifndef HEDDLE_SIM_RUNTIME_CORE_KERNEL_H_
#define HEDDLE_SIM_RUNTIME_CORE_KERNEL_H_

#include "sim/protocol/control.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/core/candidates.h"
#include "sim/runtime/core/execution.h"
#include "sim/runtime/core/fairness.h"
#include "sim/runtime/core/schedule_log.h"
#include "sim/runtime/core/thread_table.h"
#include "sim/runtime/core/virtual_clock.h"

namespace heddle::sim::runtime {

struct Kernel {
  // Large tables come last: what most executions write shares a page (hot.h).
  Control* control = nullptr;  // null: neither a supervisor nor Run() has asked for control yet
  Strategy* strategy = nullptr;
  Execution execution;
  ScheduleLog log;
  Point view;  // what the strategy is shown; kept up to date piece by piece
  VirtualClock clock;
  Fairness fairness;
  Carrier carrier;
  StackCapture capture;
  DebuggerStop debugger;
  FaultState faults;
  Random program_random;  // what the program draws: getrandom() and its like
  // How many child processes run free; null: there has been no child process.
  const uint32_t* free_children = nullptr;
  Request request;
  ThreadTable threads;
  CandidateList candidates;
  CodeSites sites;  // of request.memory_points; none: all accesses
};
extern constinit Kernel kernel;

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_KERNEL_H_
