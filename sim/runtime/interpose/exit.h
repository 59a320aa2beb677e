// The end of the process. Its points are none when no other thread is alive, nor where the
// execution's rules have none (CampaignSpec::rules). `self` is the running thread.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_EXIT_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_EXIT_H_

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// In front of the exit handlers. Does not return when another thread runs them.
void BeforeExit(Thread* self);
// Behind them: nothing is done after it.
void BeforeProcessEnd(Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_EXIT_H_
