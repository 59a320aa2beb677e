#include "sim/runtime/interpose/system_call_trap.h"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cstring>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/sanitizer_code.h"
#include "sim/runtime/interpose/system_calls.h"
#include "sim/runtime/interpose/system_code.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)
HEDDLE_REAL(getppid, int)

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2
#endif

namespace heddle::sim::runtime {
namespace {

constinit bool possible = false;
constinit bool has_handler = false;
constinit bool traps_all = false;  // see TrapAllSystemCalls()
// The kernel thread whose calls the system looks at the selector for; 0: none. It stays so between
// the executions of Run(): to begin and to end it costs two system calls.
constinit int dispatched = 0;
constinit CodeRange vdso = {};
constinit struct sigaction programs = {};  // for SIGSYS; SIG_DFL: none

// "syscall; ret" at the end of a libc function that has no arguments and no errors: "mov number,
// %eax; syscall; ret", behind an endbr64 where libc is built with them. Null: it looks otherwise.
const unsigned char* FindGate() {
  constexpr unsigned char kGate[] = {0x0F, 0x05, 0xC3};
  const auto* code = reinterpret_cast<const unsigned char*>(LIBC(getppid));
  constexpr int kPrologue = 16;
  for (int i = 0; i < kPrologue; ++i) {
    if (memcmp(code + i, kGate, sizeof kGate) == 0) return code + i;
  }
  return nullptr;
}

// Code that makes system calls of its own, which are not the program's.
bool CallsTheSystem(uintptr_t code) {
  return FromSystem(reinterpret_cast<const void*>(code)) || vdso.Has(code) || InSanitizer(code);
}

void PassOther(int signal, siginfo_t* info, void* context) {
  if ((programs.sa_flags & SA_SIGINFO) != 0) {
    programs.sa_sigaction(signal, info, context);
  } else if (programs.sa_handler != SIG_DFL && programs.sa_handler != SIG_IGN) {
    programs.sa_handler(signal);
  } else if (programs.sa_handler == SIG_DFL) {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    LIBC(sigaction)(signal, &standard, nullptr);
    RawSyscall(SYS_tgkill, kernel.carrier.process, KernelThreadId(), signal);
  }
}

// On the stack of the thread that makes the call, with its signal mask: other threads may run in
// the middle of it, and find their own frames where they left them.
void HandleTrap(int signal, siginfo_t* info, void* raw) {
  if (info->si_code != SYS_USER_DISPATCH) return PassOther(signal, info, raw);
  auto* context = static_cast<ucontext_t*>(raw);
  greg_t* registers = context->uc_mcontext.gregs;
  const long number = registers[REG_RAX];
  const long a[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                     registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
  if (number == SYS_rt_sigreturn) {
    // It reads the stack pointer: from the interrupted code.
    registers[REG_RIP] = reinterpret_cast<greg_t>(SystemCallGate());
    return;
  }
  Thread* self = tls_self;
  const auto from = static_cast<uintptr_t>(registers[REG_RIP]);
  if (self == nullptr || CallsTheSystem(from)) {
    registers[REG_RAX] = RawSyscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return;
  }
  registers[REG_RAX] = SystemCall(self, number, a, reinterpret_cast<const void*>(from));
  // The return from the handler sets both as they were before the call, which may have changed
  // them.
  RawSyscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, reinterpret_cast<long>(&context->uc_sigmask), 8);
  RawSyscall(SYS_sigaltstack, 0, reinterpret_cast<long>(&context->uc_stack));
}

void OnTrap(int signal, siginfo_t* info, void* raw) {
  HandleTrap(signal, info, raw);
  if (traps_all) ReturnFromSignal(raw);
}

void InstallHandler() {
  struct sigaction action = {};
  action.sa_sigaction = OnTrap;
  // Not on the signal stack, which threads share. With SA_NODEFER: a call may be made inside
  // another one, by a handler of the program's.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  LIBC(sigaction)(SIGSYS, &action, &programs);
  has_handler = true;
}

}  // namespace

void PrepareSystemCallTrap() {
  const unsigned char* gate = FindGate();
  const CodeRange libc = LibcCode();
  if (gate == nullptr || !libc.Has(reinterpret_cast<uintptr_t>(gate)) || !FindSanitizerCode()) {
    return;
  }
  constexpr uintptr_t kVdsoSize = 2 * 4096;  // text and data on x86-64
  if (const uintptr_t begin = getauxval(AT_SYSINFO_EHDR); begin != 0) {
    vdso = {begin, begin + kVdsoSize};
  }
  SetSystemCallGate(gate);
  possible = true;
}

void TrapSystemCalls() {
  if (!possible || traps_all || kernel.request.rules < 3) return;
  if (!has_handler) InstallHandler();
  // With the baton each thread has a kernel thread of its own.
  if (kernel.carrier.baton || dispatched != kernel.carrier.kernel_id) {
    const CodeRange libc = LibcCode();
    const long error =
        RawSyscall(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON,
                   static_cast<long>(libc.begin), static_cast<long>(libc.end - libc.begin),
                   reinterpret_cast<long>(&system_call_trap.selector));
    if (error != 0) return;
    dispatched = kernel.carrier.kernel_id;
  }
  system_call_trap.selector = system_call_trap.on = kTrapCalls;
}

void TrapSystemCallsOfChild() {
  dispatched = 0;
  TrapSystemCalls();
}

bool TrapAllSystemCalls() {
  if (!possible) return false;
  if (!has_handler) InstallHandler();
  constexpr long kGateSize = 3;
  const long error = RawSyscall(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON,
                                reinterpret_cast<long>(SystemCallGate()), kGateSize,
                                reinterpret_cast<long>(&system_call_trap.selector));
  if (error != 0) return false;
  traps_all = true;
  system_call_trap.selector = system_call_trap.on = system_call_trap.off = kTrapCalls;
  return true;
}

void ReleaseSystemCalls() {
  if (traps_all || system_call_trap.on == kPassCalls) return;
  system_call_trap.selector = system_call_trap.on = kPassCalls;
}

void KeepTrapOpenIn(int signal) {
  struct sigaction action = {};
  if (!possible || LIBC(sigaction)(signal, nullptr, &action) != 0) return;
  if (sigismember(&action.sa_mask, SIGSYS) == 0) return;
  sigdelset(&action.sa_mask, SIGSYS);
  LIBC(sigaction)(signal, &action, nullptr);
}

bool SetActionBehindTrap(int signal, const struct sigaction* action, struct sigaction* old) {
  if (!has_handler || signal != SIGSYS || tls_self == nullptr) return false;
  if (old != nullptr) *old = programs;
  if (action != nullptr) programs = *action;
  return true;
}

}  // namespace heddle::sim::runtime
