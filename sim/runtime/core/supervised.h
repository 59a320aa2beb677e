// Whether a supervisor started this process, from its first instruction on: before constructors
// have run, and before the control block is mapped.
#ifndef HEDDLE_SIM_RUNTIME_CORE_SUPERVISED_H_
#define HEDDLE_SIM_RUNTIME_CORE_SUPERVISED_H_

namespace heddle::sim::runtime {

// Any thread, any time. The answer never changes from true to false.
bool Supervised();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_SUPERVISED_H_
