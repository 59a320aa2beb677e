// The processor's time stamp counter: rdtsc and rdtscp fault (prctl(PR_SET_TSC)), and the handler
// answers with the virtual clock, which moves as at every read of a clock. It is no point: nothing
// may switch inside a signal handler that came at any instruction.
//
// SIGSEGV is shared with the sanitizers, whose handler was there before, and with the program's own
// (sigaction, signal): what is not the counter's goes to the program's handler, else to the one
// that was there.
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cstring>

#include "sim/runtime/core/own_state.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/system_call_trap.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)
HEDDLE_REAL(signal, sighandler_t, int, sighandler_t)

namespace heddle::sim::runtime {

namespace {

constinit bool trapped = false;
constinit uintptr_t vdso = 0;              // where it begins
constinit struct sigaction before = {};    // a sanitizer's, or the kernel's own (crashes)
constinit struct sigaction programs = {};  // SIG_DFL: none

// The length of the instruction when it reads the counter, else 0.
int CounterInstruction(const unsigned char* code, bool* with_processor) {
  if (code[0] != 0x0F) return 0;
  *with_processor = code[1] == 0x01 && code[2] == 0xF9;
  if (*with_processor) return 3;
  return code[1] == 0x31 ? 2 : 0;
}

// The sanitizers read the system's clock through its vDSO, one flavour more often than another:
// that must not move the program's clock.
bool InSystemClock(uintptr_t code) {
  constexpr uintptr_t kSize = 2 * 4096;  // of the vDSO's text and data on x86-64
  return code - vdso < kSize;
}

bool Emulate(ucontext_t* context) {
  greg_t* registers = context->uc_mcontext.gregs;
  bool with_processor = false;
  const int length = CounterInstruction(reinterpret_cast<const unsigned char*>(registers[REG_RIP]),
                                        &with_processor);
  if (length == 0) return false;
  if (!InSystemClock(static_cast<uintptr_t>(registers[REG_RIP]))) kernel.clock.now += kClockReadNs;
  const uint64_t ticks = kMonotonicStartNs + static_cast<uint64_t>(kernel.clock.now);
  registers[REG_RAX] = static_cast<greg_t>(ticks & 0xFFFFFFFF);
  registers[REG_RDX] = static_cast<greg_t>(ticks >> 32);
  if (with_processor) registers[REG_RCX] = 0;
  registers[REG_RIP] += length;
  return true;
}

void Pass(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) {
    // Die of it when the instruction is tried again.
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    LIBC(sigaction)(signal, &standard, nullptr);
  } else {
    action.sa_handler(signal);
  }
}

void OnFault(int signal, siginfo_t* info, void* context) {
  // The trap's faults are si_code SI_KERNEL with no address; a bad address may look the same.
  if (info->si_code == SI_KERNEL && kernel.execution.active &&
      Emulate(static_cast<ucontext_t*>(context))) {
    return;
  }
  // Where the program blocks it, the system would not call a handler either.
  const bool blocked =
      tls_self != nullptr && (tls_self->own.signal_mask & (uint64_t{1} << (SIGSEGV - 1))) != 0;
  const bool own = programs.sa_handler != SIG_DFL && !blocked;
  // A sanitizer would print where it was, and waits for ever for a lock that it has itself.
  if (!own && kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork(nullptr);
  Pass(own ? programs : before, signal, info, context);
}

void InstallFaultHandler(int on_stack, struct sigaction* old) {
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  // With SA_NODEFER: a handler that faults itself is reported, not killed.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | on_stack;
  LIBC(sigaction)(SIGSEGV, &action, old);
}

// What the program sets for SIGSEGV stays behind the trap. False: not the trap's business.
bool SetProgramAction(int signal, const struct sigaction* action, struct sigaction* old) {
  if (!trapped || signal != SIGSEGV || tls_self == nullptr) return false;
  if (old != nullptr) *old = programs;
  if (action == nullptr) return true;
  programs = *action;
  const bool handled = action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
  // The program's handler runs on the stack that it asks for.
  InstallFaultHandler(handled && (action->sa_flags & SA_ONSTACK) == 0 ? 0 : SA_ONSTACK, nullptr);
  SetFaultHandled(signal, handled, false);
  return true;
}

// The system knows an action of the program's.
void ActionSet(int signal, sighandler_t handler) {
  KeepTrapOpenIn(signal);
  SetFaultHandled(signal, handler != SIG_DFL && handler != SIG_IGN, true);
}

}  // namespace

void TrapTimeStampCounter() {
  if (RawSyscall(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV) != 0) return;
  vdso = getauxval(AT_SYSINFO_EHDR);
  InstallFaultHandler(SA_ONSTACK, &before);
  trapped = true;
}

bool ProgramHandlesFaults() { return programs.sa_handler != SIG_DFL; }

void LetTimeStampCounterBe() {
  if (trapped) RawSyscall(SYS_prctl, PR_SET_TSC, PR_TSC_ENABLE);
}

void TrapTimeStampCounterAgain() {
  if (trapped) RawSyscall(SYS_prctl, PR_SET_TSC, PR_TSC_SIGSEGV);
}

void ReleaseTimeStampCounter() {
  if (trapped) RawSyscall(SYS_prctl, PR_SET_TSC, PR_TSC_ENABLE);
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, sigaction, int signal, const struct sigaction* action, struct sigaction* old) {
  if (SetProgramAction(signal, action, old) || SetActionBehindTrap(signal, action, old)) return 0;
  const int result = REAL(sigaction)(signal, action, old);
  if (result == 0 && action != nullptr) ActionSet(signal, action->sa_handler);
  return result;
}

INTERPOSE(sighandler_t, signal, int number, sighandler_t handler) {
  struct sigaction action = {}, old = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (SetProgramAction(number, &action, &old) || SetActionBehindTrap(number, &action, &old)) {
    return old.sa_handler;
  }
  const sighandler_t before = REAL(signal)(number, handler);
  if (before != SIG_ERR) ActionSet(number, handler);
  return before;
}
