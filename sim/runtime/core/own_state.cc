#include "sim/runtime/core/own_state.h"

#include <locale.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <xmmintrin.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

namespace {

constexpr uint64_t Bit(int signal) { return uint64_t{1} << (signal - 1); }
// These cannot be blocked: the system refuses the first two, the third is the watchdog's.
constexpr uint64_t kNeverBlocked = Bit(SIGKILL) | Bit(SIGSTOP) | Bit(kWatchdogSignal);
// Blocked for the program, not for the system: it is how system calls are trapped.
constexpr uint64_t kBlockedForProgram = Bit(SIGSYS);
// Nor are these, of which the system would end the process at once: SIGSEGV brings the reads of the
// time stamp counter, and the handlers here say where the program has crashed.
constexpr uint64_t kFaults = Bit(SIGSEGV) | Bit(SIGBUS) | Bit(SIGFPE) | Bit(SIGILL);
// Faults that the program has handlers for: these have points, so they must not run on the standard
// signal stack, which threads share.
HEDDLE_HOT constinit uint64_t program_faults = 0;
// Of these, those that the system gives to them: they must not run when they are blocked.
HEDDLE_HOT constinit uint64_t handled_faults = 0;

// Held back from the program's handlers, whatever its masks say.
HEDDLE_HOT constinit uint64_t held_back = 0;

// What the carrier has at present.
HEDDLE_HOT constinit uint64_t carrier_mask = 0;
HEDDLE_HOT constinit stack_t carrier_stack = {};
// The alternate stack of threads that have none of their own: the kernel's or the sanitizer's, on
// which crashes are reported.
HEDDLE_HOT constinit stack_t standard_stack = {};

bool Same(const stack_t& a, const stack_t& b) {
  return a.ss_sp == b.ss_sp && a.ss_flags == b.ss_flags && a.ss_size == b.ss_size;
}

void SetKernelMask(uint64_t mask) {
  RawSyscall(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&mask), 0, sizeof mask);
}

uint64_t KernelMaskFor(uint64_t mask) {
  return (mask & ~(kBlockedForProgram | (kFaults & ~handled_faults))) | held_back;
}

void LoadMask(uint64_t mask) {
  SetKernelMask(KernelMaskFor(mask));
  carrier_mask = mask;
}

long LoadStack(const stack_t& stack) {
  const long error = RawSyscall(SYS_sigaltstack, reinterpret_cast<long>(&stack), 0);
  if (error == 0) carrier_stack = stack;
  return error;
}

const stack_t& StackOf(const Thread* thread) {
  const bool has_none = thread->own.signal_stack.ss_flags == SS_DISABLE;
  return has_none && program_faults == 0 ? standard_stack : thread->own.signal_stack;
}

}  // namespace

void HoldBackSignal(int signal) {
  if ((held_back & Bit(signal)) != 0) return;
  held_back |= Bit(signal);
  LoadMask(kernel.threads.current->own.signal_mask);
  // All threads' from here on.
  kernel.carrier.own_states_differ = true;
}

void SetFaultHandled(int signal, bool handled, bool by_system) {
  const uint64_t bit = kFaults & Bit(signal);
  if (bit == 0) return;
  program_faults = handled ? program_faults | bit : program_faults & ~bit;
  if (by_system) handled_faults = handled ? handled_faults | bit : handled_faults & ~bit;
  if (tls_self == nullptr) return;
  kernel.carrier.own_states_differ = true;
  LoadMask(tls_self->own.signal_mask);
  if (!kernel.carrier.baton) LoadStack(StackOf(tls_self));
}

namespace {

// The system's struct sigaction.
struct SystemSignalAction {
  uintptr_t handler = 0;
  uint64_t flags = 0, restorer = 0, mask = 0;
};
// The program's for SIGCHLD while a program is started, when the system must not call its handler.
HEDDLE_HOT constinit SystemSignalAction set_aside = {};

void SetChildAction(const SystemSignalAction& action) {
  RawSyscall(SYS_rt_sigaction, SIGCHLD, reinterpret_cast<long>(&action), 0, sizeof action.mask);
}

}  // namespace

void LoadMaskForPrograms(const Thread* self) {
  RawSyscall(SYS_rt_sigaction, SIGCHLD, 0, reinterpret_cast<long>(&set_aside),
             sizeof set_aside.mask);
  if (set_aside.handler > reinterpret_cast<uintptr_t>(SIG_IGN)) {
    // What is started has the default action then, as it would anyway.
    SystemSignalAction standard = set_aside;
    standard.handler = 0;
    SetChildAction(standard);
  }
  // What has come meanwhile is nobody's.
  const timespec now = {0, 0};
  while (RawSyscall(SYS_rt_sigtimedwait, reinterpret_cast<long>(&held_back), 0,
                    reinterpret_cast<long>(&now), sizeof held_back) > 0) {
  }
  SetKernelMask(self->own.signal_mask);
}

void LoadMaskAgain(const Thread* self) {
  SetKernelMask(KernelMaskFor(self->own.signal_mask));
  if (set_aside.handler > reinterpret_cast<uintptr_t>(SIG_IGN)) SetChildAction(set_aside);
}

void TakeOwnState(Thread* main) {
  held_back = 0;
  RawSyscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, reinterpret_cast<long>(&carrier_mask),
             sizeof carrier_mask);
  RawSyscall(SYS_sigaltstack, 0, reinterpret_cast<long>(&carrier_stack));
  carrier_stack.ss_flags &= SS_DISABLE;
  standard_stack = carrier_stack;
  main->own = OwnState{};
  main->own.signal_mask = carrier_mask;
  RawSyscall(SYS_prctl, PR_GET_NAME, reinterpret_cast<long>(main->own.name));
  kernel.carrier.own_states_differ = false;
  if (KernelMaskFor(carrier_mask) != carrier_mask) LoadMask(carrier_mask);
}

void InheritOwnState(const Thread* creator, Thread* thread) {
  thread->own = creator->own;
  thread->own.named = false;
  thread->own.signal_stack = {nullptr, SS_DISABLE, 0};
  thread->own.mxcsr = _mm_getcsr();
  asm volatile("fnstcw %0" : "=m"(thread->own.x87_control));
}

void BeginOwnState(Thread* self) {
  _mm_setcsr(self->own.mxcsr);
  asm volatile("fldcw %0" : : "m"(self->own.x87_control));
  // It parked with all signals blocked; the carrier has a mask already.
  if (kernel.carrier.baton) SetKernelMask(KernelMaskFor(self->own.signal_mask));
  if (!self->pooled) return;
  uselocale(LC_GLOBAL_LOCALE);
}

void LoadOwnState(const Thread* self) {
  if (kernel.carrier.baton) return;
  // The stack first: a signal that the mask lets through may come at once.
  if (!Same(carrier_stack, StackOf(self))) LoadStack(StackOf(self));
  if (carrier_mask != self->own.signal_mask) LoadMask(self->own.signal_mask);
}

int SetSignalMask(Thread* self, int how, const uint64_t* set, uint64_t* old) {
  if (old != nullptr) *old = self->own.signal_mask;
  if (set == nullptr) return 0;
  uint64_t mask = self->own.signal_mask;
  switch (how) {
    case SIG_BLOCK:
      mask |= *set;
      break;
    case SIG_UNBLOCK:
      mask &= ~*set;
      break;
    case SIG_SETMASK:
      mask = *set;
      break;
    default:
      return EINVAL;
  }
  self->own.signal_mask = mask & ~kNeverBlocked;
  kernel.carrier.own_states_differ = true;
  LoadMask(self->own.signal_mask);
  return 0;
}

int SetSignalStack(Thread* self, const stack_t* stack, stack_t* old) {
  stack_t present = self->own.signal_stack;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto begin = reinterpret_cast<uintptr_t>(present.ss_sp);
  const bool on_it =
      present.ss_flags != SS_DISABLE && here >= begin && here - begin < present.ss_size;
  if (on_it) present.ss_flags = SS_ONSTACK;
  if (stack != nullptr) {
    if (on_it) return EPERM;
    stack_t wanted = *stack;
    if ((wanted.ss_flags & SS_DISABLE) != 0) wanted = {nullptr, SS_DISABLE, 0};
    const stack_t before = std::exchange(self->own.signal_stack, wanted);
    if (const long error = LoadStack(StackOf(self)); error != 0) {
      self->own.signal_stack = before;
      return static_cast<int>(-error);
    }
    kernel.carrier.own_states_differ = true;
  }
  if (old != nullptr) *old = present;
  return 0;
}

}  // namespace heddle::sim::runtime
