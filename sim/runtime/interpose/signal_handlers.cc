// See signal_handlers.h.
//
// Not modelled: signals that stop the process; the registers in a handler's ucontext_t are those
// of the call, not of an interrupted instruction.
#include "sim/runtime/interpose/signal_handlers.h"

#include <sys/syscall.h>
#include <ucontext.h>

#include <cstdio>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/debugger.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)

// Calls handler(signal, info, context) on the stack that ends at `stack`.
extern "C" void heddle_call_on_stack(void (*handler)(int, siginfo_t*, void*), int signal,
                                     siginfo_t* info, void* context, void* stack);
__asm__(R"(
.text
.type heddle_call_on_stack, @function
heddle_call_on_stack:
.cfi_startproc
  pushq %rbp
.cfi_def_cfa_offset 16
.cfi_offset %rbp, -16
  movq %rsp, %rbp
.cfi_def_cfa_register %rbp
  movq %r8, %rsp
  andq $-16, %rsp
  movq %rdi, %rax
  movl %esi, %edi
  movq %rdx, %rsi
  movq %rcx, %rdx
  callq *%rax
  leave
.cfi_def_cfa %rsp, 8
  retq
.cfi_endproc
.size heddle_call_on_stack, .-heddle_call_on_stack
)");

namespace heddle::sim::runtime {
namespace {

bool IgnoredByDefault(int signal) {
  return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT;
}

// Where the thread's handlers run that want the alternate stack; null: where it is.
void* SignalStackOf(const Thread* self, const struct sigaction& action) {
  const stack_t& stack = self->own.signal_stack;
  if ((action.sa_flags & SA_ONSTACK) == 0 || (stack.ss_flags & SS_DISABLE) != 0) return nullptr;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto begin = reinterpret_cast<uintptr_t>(stack.ss_sp);
  if (here >= begin && here - begin < stack.ss_size) return nullptr;
  return reinterpret_cast<void*>(begin + stack.ss_size);
}

constexpr size_t kMaxSignalName = 16;

// "SIGTERM", "SIGRTMIN+2". In `buffer`.
const char* NameOf(int signal, char (&buffer)[kMaxSignalName]) {
  const char* name = sigabbrev_np(signal);
  if (name != nullptr) {
    snprintf(buffer, sizeof buffer, "SIG%s", name);
  } else if (signal > SIGRTMIN) {
    snprintf(buffer, sizeof buffer, "SIGRTMIN+%d", signal - SIGRTMIN);
  } else {
    snprintf(buffer, sizeof buffer, signal == SIGRTMIN ? "SIGRTMIN" : "libc's own");
  }
  return buffer;
}

const char* SenderOf(const siginfo_t& info) {
  if (info.si_signo == SIGCHLD && info.si_code > 0) return "a child process";
  switch (info.si_code) {
    case SI_TKILL:
      return "pthread_kill or raise";
    case SI_QUEUE:
      return "sigqueue";
    case SI_TIMER:
      return "a timer";
    case SI_KERNEL:
      return "alarm or setitimer";
    default:
      return "kill";
  }
}

}  // namespace

struct sigaction ActionOf(int signal) {
  struct sigaction action = {};
  CallReal([&] { return REAL(sigaction)(signal, nullptr, &action); });
  return action;
}

bool Ignores(const struct sigaction& action, int signal) {
  return action.sa_handler == SIG_IGN || (action.sa_handler == SIG_DFL && IgnoredByDefault(signal));
}

void DieOf(const Thread* taker, const siginfo_t& info) {
  const int signal = info.si_signo;
  if (StopsByDefault(signal)) {
    if (!InChildProcess()) Unmodelled("a signal that stops the process that began");
    return StopChild(OwnChildProcess(), signal);
  }
  if (kernel.execution.leave_to_fork != nullptr) kernel.execution.leave_to_fork(nullptr);
  tls_self = nullptr;
  // How a child process ends is its parent's to judge.
  if (!InChildProcess() && kernel.control != nullptr) {
    char name[kMaxSignalName], message[256];
    snprintf(
        message, sizeof message,
        "died of signal %d (%s), sent by %s: thread %u does not block it, and it has no handler",
        signal, NameOf(signal, name), SenderOf(info), taker->number);
    heddle_debug_finding(message);
    RecordFinding(FailureKind::kCrash, message, true);
  }
  kernel.execution.active = false;
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  LIBC(sigaction)(signal, &standard, nullptr);
  const SignalSet all = ~SignalSet{0};
  RawSyscall(SYS_rt_sigprocmask, SIG_UNBLOCK, reinterpret_cast<long>(&all), 0, sizeof all);
  RawSyscall(SYS_tgkill, kernel.carrier.process, KernelThreadId(), signal);
  KERNEL_CHECK(false, "the process has died of the signal");
}

void SetOwnMask(Thread* self, SignalSet mask) { SetSignalMask(self, SIG_SETMASK, &mask, nullptr); }

bool HandleOne(Thread* self, siginfo_t info) {
  const int signal = info.si_signo;
  // Its handler sees what was stored before it was sent.
  if (kernel.request.weak) WeakSystem(self);
  if (IsFault(signal)) {  // the handler may be the runtime's or a sanitizer's
    RawSyscall(SYS_tgkill, kernel.carrier.process, KernelThreadId(), signal);
    return true;
  }
  struct sigaction action = ActionOf(signal);
  if (Ignores(action, signal)) return false;
  if (action.sa_handler == SIG_DFL) {
    DieOf(self, info);
    return false;  // it has stopped, and goes on with what it was about to do
  }
  self->restarts = (action.sa_flags & SA_RESTART) != 0;
  const bool restarts = self->restarts;
  if ((action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    CallReal([&] { return REAL(sigaction)(signal, &standard, nullptr); });
  }
  const SignalSet current = self->own.signal_mask;
  // Behind the first handler of a wait that has a mask of its own, the mask is the thread's again.
  const SignalSet before = self->mask_behind != nullptr ? *self->mask_behind : current;
  self->mask_behind = nullptr;
  const SignalSet own = (action.sa_flags & SA_NODEFER) != 0 ? 0 : SignalBit(signal);
  ucontext_t context = {};
  getcontext(&context);
  memcpy(&context.uc_sigmask, &before, sizeof before);
  context.uc_stack = self->own.signal_stack;
  SetOwnMask(self, current | SetOf(&action.sa_mask) | own);
  // What is pending besides begins before this handler runs, on top of it.
  if (kernel.request.rules >= kFirstWithNesting) HandlePending(self);
  void* stack = SignalStackOf(self, action);
  if (stack != nullptr) {
    heddle_call_on_stack(action.sa_sigaction, signal, &info, &context, stack);
  } else {
    action.sa_sigaction(signal, &info, &context);
  }
  SetOwnMask(self, SetOf(&context.uc_sigmask));
  self->restarts = restarts;
  return true;
}

}  // namespace heddle::sim::runtime
