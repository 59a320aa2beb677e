// Making a process that goes on from here: fork, vfork, _Fork, clone as fork; handlers around it:
// pthread_atfork (POSIX.1-2017). See core/child_processes.h.
//
// The child has the calling thread only. Locks that other threads held stay locked there. Handlers
// are points of the process that runs them.
//
// Not modelled: memory shared by vfork (the child has a copy, the parent
// waits as it should); clone() for anything else. What fork handlers of libraries that are
// unloaded did is not undone.
#include "sim/runtime/interpose/fork.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_call_trap.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(fork, long, long, long, long, long, long, long)
HEDDLE_REAL(clone, int, int (*)(void*), void*, int, void*, void*, void*, void*)
HEDDLE_REAL(__register_atfork, int, void (*)(), void (*)(), void (*)(), void*)

namespace heddle::sim::runtime {
namespace {

struct ForkHandlers {
  void (*prepare)();
  void (*parent)();
  void (*child)();
};
constexpr uint32_t kMaxForkHandlers = 256;  // programs have a few
constinit ForkHandlers handlers[kMaxForkHandlers] = {};
constinit uint32_t handler_count = 0;

// The last that was registered first.
void RunPrepare() {
  for (uint32_t i = handler_count; i-- > 0;) {
    if (handlers[i].prepare != nullptr) handlers[i].prepare();
  }
}

void RunAfter(void (*ForkHandlers::*which)()) {
  for (uint32_t i = 0; i < handler_count; ++i) {
    if (handlers[i].*which != nullptr) (handlers[i].*which)();
  }
}

bool IsNotControlled(Thread* self) {
  return static_cast<ChildProcess*>(self->wait_data)->stage != ChildStage::kControlled;
}

}  // namespace

int Fork(Thread* self, bool waits) {
  if (!ChildrenAreModelled()) Unmodelled("fork");
  PointOn(self, OpKind::kThreadCreate, Access::kNone, kNoObject);
  RunPrepare();
  ChildProcess* child = NewChildProcess();
  HoldBackSignal(SIGCHLD);
  const int process = CallReal([] { return static_cast<int>(REAL(fork)(0, 0, 0, 0, 0, 0)); });
  if (process == 0) {
    ResetTimers();  // the parent's; the file behind a timer is the same
    TrapSystemCallsOfChild();
    ForkedInChild(self, child);
    RunAfter(&ForkHandlers::child);
    return 0;
  }
  if (process < 0) {
    DropChildProcess(child);
    OnlyRead(self);
  } else {
    ForkedInParent(child, process);
  }
  RunAfter(&ForkHandlers::parent);
  if (process < 0) return -1;
  if (waits) {
    self->wait_data = child;
    WaitIo(self, OpKind::kIoWait, IsNotControlled, kNever);
  }
  return child->number;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(long, fork, ) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr) return Fork(self, false);
  RunPrepare();
  const long process = REAL(fork)(0, 0, 0, 0, 0, 0);
  RunAfter(process == 0 ? &ForkHandlers::child : &ForkHandlers::parent);
  return process;
}

INTERPOSE(long, _Fork, ) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? Fork(self, false) : REAL(fork)(0, 0, 0, 0, 0, 0);
}

// vfork cannot be wrapped (its frame would be gone when the parent comes back).
INTERPOSE(long, vfork, ) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? Fork(self, true) : REAL(fork)(0, 0, 0, 0, 0, 0);
}

INTERPOSE(int, clone, int (*function)(void*), void* stack, int flags, void* argument, void* parent,
          void* tls, void* child) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clone)(function, stack, flags, argument, parent, tls, child);
  if (flags != SIGCHLD) Unmodelled("clone (a thread or process that shares more than fork's)");
  const int process = Fork(self, false);
  if (process == 0) _exit(function(argument));
  return process;
}

// Called by pthread_atfork(), which is a part of each program and library.
INTERPOSE(int, __register_atfork, void (*prepare)(), void (*parent)(), void (*child)(),
          void* library) {
  if (!Supervised()) return REAL(__register_atfork)(prepare, parent, child, library);
  if (handler_count == kMaxForkHandlers) return ENOMEM;
  handlers[handler_count++] = {prepare, parent, child};
  return 0;
}
