#include "sim/runtime/interpose/signal_offers.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/signal_handlers.h"

namespace heddle::sim::runtime {
namespace {

template <typename Visit>
void ForEachOwnThread(Visit visit) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->is_courier) visit(thread);
  }
}

// Who takes it is who is chosen first. That changes what the others do next.
void Offer(Thread* target) {
  HandlesNext(target);
  target->offered = true;
  target->pending.sees_all = true;
}

// Somebody else has taken it.
void Withdraw(Thread* target) {
  target->arrived = target->offered = false;
  target->pending = target->interrupted_operation;
  // As where its deadline comes (core/virtual_clock.cc).
  if (target->ready != nullptr && target->timed_out && target->timeout_kind != OpKind::kNone &&
      !target->ready(target)) {
    target->pending.kind = target->timeout_kind;
  }
  SetEnabled(target, CanGoOn(target));
  kernel.candidates.dirty = true;
}

}  // namespace

void HandlesNext(Thread* target) {
  KERNEL_CHECK(!target->arrived, "one signal arrives at a thread at a time");
  target->arrived = true;
  target->interrupted_operation = target->pending;
  target->pending = {.kind = OpKind::kSignalHandler, .access = Access::kWrite};
  SetEnabled(target, true);
  kernel.candidates.dirty = true;
}

bool OfferToAll(const siginfo_t& info) {
  if (kernel.request.rules < kFirstWithOffers) return false;
  uint32_t takers = 0;
  ForEachOwnThread([&](const Thread* thread) { takers += CanTake(thread, info.si_signo) ? 1 : 0; });
  const struct sigaction action = ActionOf(info.si_signo);
  if (takers < 2 || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return false;
  ForEachOwnThread([&](Thread* thread) {
    // One that a signal has arrived at takes what is left behind its handler.
    if (CanTake(thread, info.si_signo) && !thread->arrived) Offer(thread);
  });
  return true;
}

void TakeOffer(Thread* self) {
  self->offered = false;
  const bool taken = TakePending(self, ~self->own.signal_mask, &self->arrived_info);
  KERNEL_CHECK(taken, "what is offered to a thread is pending");
}

void WithdrawIdleOffers() {
  ForEachOwnThread([](Thread* thread) {
    if (!thread->offered || (PendingFor(thread) & ~thread->own.signal_mask) != 0) return;
    Withdraw(thread);
  });
}

}  // namespace heddle::sim::runtime
