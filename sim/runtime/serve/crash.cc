#include "sim/runtime/serve/crash.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unwind.h>

#include <cstdint>
#include <cstdio>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)

namespace heddle::sim::runtime {
namespace {

// Room for the unwinder and printf, which take some 10 KiB, several times over.
constexpr size_t kSignalStackSize = 64 << 10;
constinit char signal_stack[kSignalStackSize] = {};

// On the signal stack, on whatever thread it struck, between any two instructions: reads the
// kernel's state as it is, switches to nobody.
void OnCrash(int signal) {
  if (kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork(nullptr);
  tls_self = nullptr;
  // How a child process ends is its parent's to judge.
  if (kernel.control != nullptr && kernel.control->state == ExecutionState::kRunning &&
      !InChildProcess()) {
    char message[96];
    snprintf(message, sizeof message, "died of signal %d (SIG%s)", signal, sigabbrev_np(signal));
    kernel.execution.active = false;  // no switching from here
    RecordFinding(FailureKind::kCrash, message, false);
  }
  // A fault comes again when the handler returns, at the same instruction. SIGABRT was sent.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  LIBC(sigaction)(signal, &standard, nullptr);
  if (signal == SIGABRT) {
    RawSyscall(SYS_tgkill, kernel.carrier.process, kernel.carrier.kernel_id, signal);
  }
}

constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr size_t kFatalSignalCount = sizeof kFatalSignals / sizeof kFatalSignals[0];

// Who handled them before the program could say so: this file, the sanitizers, or nobody.
using Handler = void (*)(int);
constinit Handler first_handlers[kFatalSignalCount] = {};

// Asked at the end of each execution: not by libc, whose calls a worker traps.
Handler HandlerOf(int signal) {
  struct {
    Handler handler;
    uint64_t flags;
    void (*restorer)();
    uint64_t mask;
  } action = {};  // as the system has it
  RawSyscall(SYS_rt_sigaction, signal, 0, reinterpret_cast<long>(&action), sizeof action.mask);
  return action.handler;
}

// Stops at a frame that a signal has interrupted.
_Unwind_Reason_Code FindInterrupted(_Unwind_Context* context, void* found) {
  int interrupted = 0;
  _Unwind_GetIPInfo(context, &interrupted);
  if (interrupted == 0) return _URC_NO_REASON;
  *static_cast<bool*>(found) = true;
  return _URC_END_OF_STACK;
}

}  // namespace

void NoteHandlers() {
  for (size_t i = 0; i < kFatalSignalCount; ++i) first_handlers[i] = HandlerOf(kFatalSignals[i]);
}

bool InCrashHandler() {
  bool has_handler = ProgramHandlesFaults();
  // A worker sees each call that sets one.
  const bool none_set = kernel.execution.end_in_worker != nullptr && !kernel.execution.set_handler;
  if (none_set && !has_handler) return false;
  for (size_t i = 0; i < kFatalSignalCount; ++i) {
    has_handler = has_handler || HandlerOf(kFatalSignals[i]) != first_handlers[i];
  }
  bool found = false;
  if (has_handler) _Unwind_Backtrace(FindInterrupted, &found);
  return found;
}

void CatchCrashes() {
  stack_t stack = {};
  stack.ss_sp = signal_stack;
  stack.ss_size = sizeof signal_stack;
  RawSyscall(SYS_sigaltstack, reinterpret_cast<long>(&stack), 0);
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (size_t i = 0; i < kFatalSignalCount; ++i) {
    const int signal = kFatalSignals[i];
    // In tsan and asan the sanitizers handle faults.
    if (kIsDet || signal == SIGABRT) {
      LIBC(sigaction)(signal, &action, nullptr);
    }
  }
}

}  // namespace heddle::sim::runtime
