#include "sim/runtime/core/hand_over.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/debugger.h"
#include "sim/runtime/core/own_state.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/interpose/thread.h"

namespace heddle::sim::runtime {

void SwitchTo(Thread* self, Thread* next) {
  KERNEL_CHECK(next != self && next->alive, "control goes to another thread that is alive");
  ++kernel.log.switches;
  kernel.threads.current = next;
  kernel.control->current_thread = next->number;
  const bool goes_home = self->finished && EndsForLibc(self);
  if (__builtin_expect(kernel.carrier.baton, 0) && goes_home) {
    return PassBaton(&next->context);  // and exit
  }
  SwitchContext(self, next);
  // At home it has no control: what is left to do is the next thread's.
  if (__builtin_expect(LeftSomething(), 0) && !goes_home) AfterSwitch();
}

namespace {

// The thread that had control before has finished, and its context runs no more.
void SeeOff(Thread* gone) {
  KERNEL_CHECK(gone->finished && !gone->alive, "a thread that leaves has finished");
  if (IsGuest(gone)) {
    EndGuest(gone);
  } else if (!gone->pooled) {
    if (!kernel.carrier.baton) SendHome(&gone->context);
    AwaitEnd(gone->context, kernel.carrier.process, gone->kernel_id);
  }
  if (gone->detached) Recycle(gone);
}

}  // namespace

void AfterSwitch() {
  // First: a thread that asks at its own end must not be seen off, it goes on. Asked again each
  // time it gets control for the next report; the process ends there.
  while (kernel.capture.asker != nullptr) {
    Thread* asker = kernel.capture.asker;
    Thread* self = kernel.threads.current;
    CaptureStack(kernel.capture.into);
    kernel.capture.asker = nullptr;
    kernel.threads.current = asker;
    SwitchContext(self, asker);
  }
  if (Thread* gone = kernel.threads.leaving; gone != nullptr) {
    kernel.threads.leaving = nullptr;
    SeeOff(gone);
  }
  if (kernel.carrier.own_states_differ) LoadOwnState(kernel.threads.current);
  if (kernel.debugger.stopping) {
    kernel.debugger.stopping = false;
    StopForDebugger();
  }
}

}  // namespace heddle::sim::runtime
