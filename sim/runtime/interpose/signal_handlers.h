// What happens to a signal that a thread takes: its handler, or the default action. The queue of
// those that are pending is signal_delivery.h's.
//
// What handlers there are is the system's knowledge: sigaction() goes through.
//
// Called with control. `self` is the running thread.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_HANDLERS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_HANDLERS_H_

#include <signal.h>

#include "sim/runtime/core/thread.h"
#include "sim/runtime/interpose/signal_delivery.h"

namespace heddle::sim::runtime {

struct sigaction ActionOf(int signal);
bool Ignores(const struct sigaction& action, int signal);

// The default action, of a signal that is neither ignored nor handled: the process stops, or dies.
// `taker` is the thread that it came to.
void DieOf(const Thread* taker, const siginfo_t& info);

// Handles one signal that `self` has taken. Whether a handler ran.
bool HandleOne(Thread* self, siginfo_t info);

void SetOwnMask(Thread* self, SignalSet mask);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_HANDLERS_H_
