// What an execution was asked for, where it runs, and how far it has come.
#ifndef HEDDLE_SIM_RUNTIME_CORE_EXECUTION_H_
#define HEDDLE_SIM_RUNTIME_CORE_EXECUTION_H_

#include <cstdint>

#include "sim/protocol/control.h"
#include "sim/runtime/bounds.h"
#include "sim/runtime/core/code_sites.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// kernel.request: constant during an execution.
struct Request {
  bool weak = false;            // a load may read an old store (weak_memory.h)
  bool watch_accesses = false;  // weak, or memory_points
  bool memory_points = false;   // accesses to plain memory are points: all, or those at `sites`
  bool number_objects = false;  // operations name the objects they touch
  uint32_t rules = kRules;
  bool report_leaks = false;  // a thread that is neither joined nor detached is a finding
  uint64_t step_budget = kDefaultStepBudget;
  const Step* replay = nullptr;
  uint64_t stronger_sites[kMaxStrongerSites] = {};  // CampaignSpec
  Strengthening stronger_by = Strengthening::kOrder;
};

// kernel.execution
struct Execution {
  uint32_t membarriers = 0;         // the commands of membarrier(2) that the program registered for
  bool active = false;              // an execution is under way
  bool in_run = false;              // by Run(): the process lives on after the execution
  bool abandoned = false;           // in Run(): the strategy gave this execution up
  const Thread* exiting = nullptr;  // runs the exit handlers
  // What is done in front of _exit(): serve/ knows how an execution ends.
  void (*at_end_past_handlers)(int status) = nullptr;
  // In a worker (serve/worker.h), null elsewhere. They do not return. The first: the execution is
  // over, and clean or abandoned. The second: it is given up, and a fork runs it again; `why` names
  // what memory cannot undo; null: something was found; empty: it took too long.
  void (*end_in_worker)() = nullptr;
  void (*leave_to_fork)(const char* why) = nullptr;
  // Likewise: it makes more threads than the worker has made in advance.
  void (*leave_for_threads)() = nullptr;
  // In a worker, null elsewhere: whether an execution whose first report of ThreadSanitizer's is
  // this one (Control::report) goes on there.
  bool (*knows_report)(uint64_t report) = nullptr;
  bool set_handler = false;  // in a worker: the execution has set an action for a signal
};

// kernel.carrier: the kernel thread that runs the simulated threads' contexts.
struct Carrier {
  bool baton = false;  // there is none: each context runs on its own kernel thread
  int process = 0;
  int kernel_id = 0;
  bool own_states_differ = false;  // a thread has set what own_state.h keeps for it
};

// kernel.debugger
struct DebuggerStop {
  uint64_t stop_at = kNoStop;  // as in Control
  bool stopping = false;       // whoever gets control next stops for the debugger
};

// kernel.capture: a stack is collected for a report, by the thread whose stack it is.
struct StackCapture {
  Thread* asker = nullptr;  // who has control again afterwards; null: nobody asks
  ThreadReport* into = nullptr;
};

// kernel.faults
struct FaultState {
  bool any = false;  // some may come in this execution
  Random random;
  uint64_t occasions[kFaultKinds] = {};
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_EXECUTION_H_
