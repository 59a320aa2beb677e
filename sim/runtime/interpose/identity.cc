// Who the program is: process and thread numbers. The same everywhere: programs print them. (What
// it runs on: machine.cc.)
//
// A signal may be sent to the process itself only.
#include "sim/runtime/interpose/identity.h"

#include <signal.h>
#include <unistd.h>

#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(getpid, int)
HEDDLE_REAL(getppid, int)
HEDDLE_REAL(gettid, int)
HEDDLE_REAL(kill, int, int, int)

namespace heddle::sim::runtime {
namespace {

constexpr int kProcessNumber = 4242;

}  // namespace

int VirtualThreadId(const Thread* self) { return kProcessNumber + static_cast<int>(self->number); }

const Thread* FindThreadById(int thread_id) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && VirtualThreadId(thread) == thread_id) return thread;
  }
  return nullptr;
}

int RealProcess(int process) {
  if (process == 0) return 0;
  if (process == kProcessNumber) return kernel.carrier.process;
  const Thread* thread = FindThreadById(process);
  return thread != nullptr ? thread->kernel_id : -1;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, getpid, ) { return tls_self != nullptr ? kProcessNumber : REAL(getpid)(); }

INTERPOSE(int, getppid, ) { return tls_self != nullptr ? kProcessNumber - 1 : REAL(getppid)(); }

INTERPOSE(int, gettid, ) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? VirtualThreadId(self) : REAL(gettid)();
}

INTERPOSE(int, kill, int process, int signal) {
  if (tls_self == nullptr) return REAL(kill)(process, signal);
  if (process != kProcessNumber) Unmodelled("kill (a signal to another process)");
  Uncontrolled scope;
  return REAL(kill)(kernel.carrier.process, signal);
}
