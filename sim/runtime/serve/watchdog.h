// The watchdog: uninstrumented code that spins, or blocks, never reaches a point. A timer looks
// every second whether there was one.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_
#define HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_

#include <cstdint>

namespace heddle::sim::runtime {

// In the process of an execution, before it begins. When no point is reached for `seconds` of real
// time, the execution ends with the finding "uncontrolled". 0: no watchdog.
void StartWatchdog(uint32_t seconds);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_WATCHDOG_H_
