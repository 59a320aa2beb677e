// What a program that is started inherits.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_PROGRAMS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_PROGRAMS_H_

#include "sim/runtime/core/own_state.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"

namespace heddle::sim::runtime {

// Calls `start`, which starts a program or fails to, with what it inherits as it should be: the
// signal mask of `self`, the real time stamp counter.
template <typename Start>
auto WithStateForPrograms(Thread* self, Start start) {
  LetTimeStampCounterBe();
  LoadMaskForPrograms(self);
  const auto result = CallReal(start);
  LoadMaskAgain(self);
  TrapTimeStampCounterAgain();
  return result;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_PROGRAMS_H_
