// The control block (sim/protocol/control.h) seen from the controlled process: kernel.control and
// the regions behind it.
//
// Called before an execution begins, while the process has one thread.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_CONTROL_BLOCK_H_
#define HEDDLE_SIM_RUNTIME_SERVE_CONTROL_BLOCK_H_

#include <cstdint>

namespace heddle::sim::runtime {

// The execution, or the whole campaign, cannot begin: says why, to the supervisor too, and ends the
// process with kSetupExitStatus.
[[noreturn]] void SetupFailed(const char* message);

// Maps the block that the supervisor left at kControlDescriptor, and closes the descriptor. Fails
// when it is none, or of another version.
void MapSupervisorsControl();
// A block of this process alone, for Run() without a supervisor: for executions of up to
// `step_budget` points.
void MakePrivateControl(uint64_t step_budget);
// Whether the log has room for such executions.
bool LogHolds(uint64_t step_budget);

// Sets the kernel's pointers by the offsets that the block has now, and empties the arena with all
// that lies in it: the strategy and the threads' objects.
void MapRegions();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_CONTROL_BLOCK_H_
