// How an execution begins and ends in this process, whoever asks for it: the fork server, a
// debugger, or Run().
//
//   CreateStrategy();                     once a campaign
//   while (NextExecution(number)) {
//     TakeControl(number); ... LoseControl();
//     EndOfExecution();                   with the fork server, in the server
//   }
//
// All of it on the process's only thread, outside control but for LoseControl().
#ifndef HEDDLE_SIM_RUNTIME_SERVE_EXECUTION_H_
#define HEDDLE_SIM_RUNTIME_SERVE_EXECUTION_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Makes kernel.strategy as the control block asks, in the arena.
void CreateStrategy();
// Adoption where the machine can, or what the control block insists on.
void ChooseHandOver();

// Writes down what the strategy has learnt, if the control block asks for it.
void KeepLearnt();
// Asks the strategy for a new execution; false when it has nothing left.
bool NextExecution(uint64_t execution);
// What TakeControl() needs to know of the calling thread and its state in the system, and tables
// that are empty when an execution begins: part of it, but in a worker, where it is done once and
// comes back with the memory.
enum class RanBefore : uint32_t {
  kAnything,
  kExecution,  // an execution on this thread, and nothing of the program's since
};
void PrepareControl(RanBefore before);
// From here on the calling thread is simulated thread 0, everything else starts afresh.
void TakeControl(uint64_t execution, RanBefore before = RanBefore::kAnything);
// From here on the calling thread runs free, and no other simulated thread runs any more. The
// totals are in the control block.
void LoseControl();
// A finding when a thread was neither joined nor detached, if the request wants to know.
void CheckLeaks();
// Tells the strategy how the execution ended (Control::state).
void EndOfExecution();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_EXECUTION_H_
