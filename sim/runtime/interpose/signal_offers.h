// A signal to the process that is there, and that more than one thread can take: it is offered to
// all of them. Each has the beginning of the handler as its next operation; the first one chosen
// takes the signal, and the others go on with what they were about to do. See signal_delivery.h.
//
// Called with control.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_OFFERS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_OFFERS_H_

#include <signal.h>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The beginning of a handler is what `target` does next.
void HandlesNext(Thread* target);

// The signal is pending for the process. False: only one thread can take it, it has no handler, or
// by the execution's rules it is the first thread's.
bool OfferToAll(const siginfo_t& info);
// `self` was chosen: what was offered to it is its Thread::arrived_info.
void TakeOffer(Thread* self);
// Some pending signal was taken: who cannot have one any more goes on.
void WithdrawIdleOffers();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SIGNAL_OFFERS_H_
