// Handing control from one simulated thread to another, in the way that kernel.carrier says.
#ifndef HEDDLE_SIM_RUNTIME_CORE_HAND_OVER_H_
#define HEDDLE_SIM_RUNTIME_CORE_HAND_OVER_H_

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

// Saves the running context as `self`'s and runs `next`'s, until somebody switches back. Does not
// touch kernel.threads.current.
inline void SwitchContext(Thread* self, Thread* next) {
  if (__builtin_expect(kernel.carrier.baton, 0)) {
    SwitchBaton(&self->context, &next->context);
  } else {
    SwitchAdopted(&self->context, &next->context);
  }
}

// `self`, which has control, gives it to `next`, another thread that is alive. Returns when `self`
// was chosen again; for a thread that has finished, on its own kernel thread, at its very end.
void SwitchTo(Thread* self, Thread* next);

// Whether a context that got control has something to do first: AfterSwitch().
inline bool LeftSomething() {
  return kernel.threads.leaving != nullptr || kernel.capture.asker != nullptr ||
         kernel.debugger.stopping || kernel.carrier.own_states_differ;
}
// The first thing a context does when it got control: collects its stack for whoever asks, sees to
// the end of the thread that left it control, makes the carrier's signal mask and stack its own,
// stops for a debugger.
void AfterSwitch();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_HAND_OVER_H_
