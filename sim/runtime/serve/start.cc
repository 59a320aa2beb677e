// Where a program's control begins: before its initialisers, in front of main(), at Checkpoint();
// and where it ends, behind everything that runs at exit.
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/early_threads.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/fresh_stack.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/exit.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/operator_new.h"
#include "sim/runtime/interpose/stdio.h"
#include "sim/runtime/interpose/system_call_trap.h"
#include "sim/runtime/interpose/system_code.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/serve/control_block.h"
#include "sim/runtime/serve/crash.h"
#include "sim/runtime/serve/execution.h"
#include "sim/runtime/serve/fork_server.h"
#include "sim/runtime/serve/mappings.h"

HEDDLE_REAL(__cxa_atexit, int, void (*)(void*), void*, void*)

extern "C" int __real_main(int, char**, char**);

namespace heddle::sim {
namespace runtime {
namespace {

constinit bool wanted = false;  // a supervisor waits for Serve()

// Of the first thread's stack; `stack_pointer` when it is on one that the program made itself.
uintptr_t LowEndOfStack(uintptr_t stack_pointer) {
  uintptr_t low = stack_pointer;
  ForEachMapping([&](const Mapping& mapping) {
    const bool here = mapping.begin <= stack_pointer && stack_pointer < mapping.end;
    if (here && strcmp(mapping.name, "[stack]") == 0) low = mapping.begin;
  });
  return low;
}

// What the server does in between leaves nothing on the stack that executions begin on, be they
// forks or a worker's.
void ServeIf(StartAt here) {
  if (!wanted || kernel.control->start_at != here) return;
  wanted = false;
  CallOnOwnStack([](uintptr_t stack_pointer) {
    ClearStack(LowEndOfStack(stack_pointer), stack_pointer);
    Serve();
  });
}

// What a supervisor does between fork and exec, for a program that a debugger started.
void TakeDescriptors() {
  const long null = RawSyscall(SYS_open, reinterpret_cast<long>("/dev/null"), 0 /* O_RDONLY */);
  RawSyscall(SYS_dup2, null, 0);
  RawSyscall(SYS_close, null);
  RawSyscall(SYS_dup2, kOutputDescriptor, 1);
  RawSyscall(SYS_dup2, kErrorsDescriptor, 2);
  RawSyscall(SYS_close, kOutputDescriptor);
  RawSyscall(SYS_close, kErrorsDescriptor);
}

// A child process ends: what it did is known when it is gone.
void EndChild() {
  PointOn(tls_self, OpKind::kIo, Access::kWrite, kIoObject);
  ReleaseSystemCalls();
  ReleaseTimeStampCounter();
  tls_self = nullptr;
  BeforeChildEnds();
}

// After everything of the program's: exit handlers, destructors of static objects, destructor
// functions of the program and of its libraries.
void End(void*) {
  if (!IsServed() || tls_self == nullptr) return;
  if (InCrashHandler()) return LoseControl();
  if (InChildProcess()) return EndChild();
  BeforeProcessEnd(tls_self);
  CheckLeaks();
  CheckFreedBlocks();
  LoseControl();
  kernel.control->state = ExecutionState::kComplete;
  if (kernel.execution.end_in_worker != nullptr) {
    fflush(nullptr);  // as exit() does behind this
    kernel.execution.end_in_worker();
  }
}

// _exit() leaves out exit handlers because the program says so. Nothing of it is left to happen,
// and so the execution is complete, when no other thread is alive, and when no handler of a fatal
// signal hides a crash by it.
void EndPastHandlers(int status) {
  if (IsServed() && InChildProcess()) return EndChild();
  if (!IsServed() || status != 0 || kernel.threads.alive > 1 || InCrashHandler()) return;
  CheckLeaks();
  LoseControl();
  kernel.control->state = ExecutionState::kComplete;
  if (kernel.execution.end_in_worker != nullptr) kernel.execution.end_in_worker();
}

// Exit handlers run in the reverse order of their registration, and this one comes before the
// dynamic linker's, which runs destructor functions. It names no module: a module's handlers run
// with its destructor functions. The sanitizers' own, registered just before, follow (leak check).
void RegisterEnd() { LIBC(__cxa_atexit)(End, nullptr, nullptr); }

// Behind the sanitizers' beginning, and in front of all initialisers, those of shared libraries
// included.
void Start(int, char**, char** environment) {
  environ = environment;  // libc does so in its own initialiser
  RegisterEnd();
  if (Supervised()) {
    __libc_single_threaded = 0;  // see TakeControl()
    FixRandomBytes();
  }
  InitSystemRanges();
  PrepareSystemCallTrap();
  PatchNewInLibraries();
  const char* variable = getenv(kControlVariable);
  if (variable == nullptr || atoi(variable) != kControlDescriptor) return;
  unsetenv(kControlVariable);
  MapSupervisorsControl();
  TakeOverStreams();
  if (kernel.control->debugger == Debugger::kStarts) TakeDescriptors();
  at_quick_exit([] { End(nullptr); });
  kernel.execution.at_end_past_handlers = EndPastHandlers;
  wanted = true;
  BeginEarlyThreads();
  ServeIf(StartAt::kInitialisers);
}
__attribute__((section(".preinit_array"), used)) void (*const start)(int, char**, char**) = Start;

}  // namespace
}  // namespace runtime

const char* Flavour() { return runtime::kFlavour; }

bool Controlled() { return runtime::tls_self != nullptr; }

void Checkpoint() { runtime::ServeIf(StartAt::kCheckpoint); }

}  // namespace heddle::sim

// What heddle/runtime.h looks for.
extern "C" {
int heddle_is_controlled() { return heddle::sim::Controlled() ? 1 : 0; }
void heddle_checkpoint() { heddle::sim::Checkpoint(); }
const char* heddle_flavour() { return heddle::sim::Flavour(); }
}

// crt1.o's call of main comes here (-Wl,--wrap=main).
extern "C" int __wrap_main(int argc, char** argv, char** environment) {
  heddle::sim::runtime::ServeIf(heddle::sim::StartAt::kMain);
  const int status = heddle::sim::runtime::CallMain(__real_main, argc, argv, environment);
  if (heddle::sim::runtime::Thread* self = heddle::sim::runtime::tls_self; self != nullptr) {
    heddle::sim::runtime::BeforeExit(self);
  }
  return status;
}
