// The end of the process: exit, quick_exit, _exit, _Exit (C11, 7.22.4; POSIX.1-2024). A return from
// main, and the end behind the exit handlers, are points of serve/start.cc.
//
// The other threads run on until the process is gone. What they do meets exit handlers and
// destructors of static objects, or does not happen at all. One that calls exit() too waits for the
// process's end, as POSIX.1-2024 says (glibc from 2.41 on).
//
// Not modelled: abort() is no point (it is a finding, whatever others do before).
#include "sim/runtime/interpose/exit.h"

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(exit, void, int)
HEDDLE_REAL(quick_exit, void, int)
HEDDLE_REAL(_exit, void, int)

namespace heddle::sim::runtime {

namespace {

bool Never(Thread*) { return false; }

bool IsPoint() { return kernel.request.rules >= 2 && kernel.threads.alive > 1; }

[[noreturn]] void EndNow(Thread* self, int status) {
  if (self != nullptr) {
    BeforeProcessEnd(self);
    if (kernel.execution.at_end_past_handlers != nullptr) {
      kernel.execution.at_end_past_handlers(status);
    }
  }
  // ThreadSanitizer's writes out what stdio holds, which in a child is the parent's too.
  if (InChildProcess()) LIBC(_exit)(status);
  REAL(_exit)(status);
  __builtin_unreachable();
}

}  // namespace

void BeforeExit(Thread* self) {
  if (IsPoint()) PointOn(self, OpKind::kExit, Access::kWrite, kNoObject);
  const Thread*& exiting = kernel.execution.exiting;
  if (exiting == nullptr) exiting = self;
  if (exiting == self || !IsPoint()) return;
  WaitOn(self, OpKind::kExit, Access::kWrite, kNoObject, Never, kNever, OpKind::kNone);
}

void BeforeProcessEnd(Thread* self) {
  if (IsPoint()) PointOn(self, OpKind::kProcessEnd, Access::kWrite, kNoObject);
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(void, exit, int status) {
  if (Thread* self = HEDDLE_SELF; self != nullptr) BeforeExit(self);
  REAL(exit)(status);
  __builtin_unreachable();
}

INTERPOSE(void, quick_exit, int status) {
  if (Thread* self = HEDDLE_SELF; self != nullptr) BeforeExit(self);
  REAL(quick_exit)(status);
  __builtin_unreachable();
}

INTERPOSE(void, _exit, int status) { EndNow(HEDDLE_SELF, status); }

INTERPOSE(void, _Exit, int status) { EndNow(HEDDLE_SELF, status); }
