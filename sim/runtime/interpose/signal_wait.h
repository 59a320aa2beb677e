// The signal mask that a wait brings with it (ppoll, pselect, epoll_pwait, sigsuspend).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_WAIT_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_WAIT_H_

#include <signal.h>

#include "sim/runtime/interpose/signal_delivery.h"

namespace heddle::sim::runtime {

// `self`, the running thread, has `mask` in the scope; null: its own. What the end of the scope
// lets through is handled there. errno stays.
class MaskScope {
 public:
  MaskScope(Thread* self, const sigset_t* mask);
  ~MaskScope();
  MaskScope(const MaskScope&) = delete;
  MaskScope& operator=(const MaskScope&) = delete;

 private:
  Thread* self_;
  const SignalSet before_;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_WAIT_H_
