// Stops for debuggers: at a given step, and where something is found. The other side is
// sim/supervisor/debug.py.
#ifndef HEDDLE_SIM_RUNTIME_CORE_DEBUGGER_H_
#define HEDDLE_SIM_RUNTIME_CORE_DEBUGGER_H_

// Where debuggers set their breakpoints: a step's operation is about to happen; something was
// found. They do nothing.
extern "C" void heddle_debug_step();
extern "C" void heddle_debug_finding(const char* message);

namespace heddle::sim::runtime {

// The thread that was chosen for a step stops here, on its own stack, before its operation; for a
// step of the clock, the thread that chose it. kernel.log.points - 1 is the step.
void StopForDebugger();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_DEBUGGER_H_
