#include "sim/runtime/core/context.h"

#include <linux/futex.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/core/hot.h"

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

// The floating-point control words are callee-saved too: a thread may have set a rounding mode.
asm(R"(
.text
.p2align 4
.globl heddle_switch_context      # (void** save_sp, void* load_sp, uint64_t fs_base)
.hidden heddle_switch_context
.type heddle_switch_context,@function
heddle_switch_context:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  subq $8,%rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp,(%rdi)
  movq (%rsp),%rax
  movq %rsi,%rsp
  wrfsbase %rdx
  cmpq (%rsp),%rax
  je 1f
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
1:
  addq $8,%rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
.size heddle_switch_context,.-heddle_switch_context
.p2align 4
.globl heddle_park_home           # (Context*, void* home_top, void (*wait)(Context*))
.hidden heddle_park_home
.type heddle_park_home,@function
heddle_park_home:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  subq $8,%rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp,(%rdi)                # stack_pointer is Context's first member
  movq %rdi,%rbx
  movq %rsi,%rsp
  xorl %ebp,%ebp
  callq *%rdx
  movq (%rbx),%rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8,%rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
.size heddle_park_home,.-heddle_park_home
.p2align 4
.globl heddle_own_gate
.hidden heddle_own_gate
.type heddle_own_gate,@function
heddle_own_gate:
  syscall
  ret
.size heddle_own_gate,.-heddle_own_gate
.p2align 4
.globl heddle_raw_system_call     # (long number, long a ... long f)
.hidden heddle_raw_system_call
.type heddle_raw_system_call,@function
heddle_raw_system_call:
  movq %rdi,%rax
  movq %rsi,%rdi
  movq %rdx,%rsi
  movq %rcx,%rdx
  movq %r8,%r10
  movq %r9,%r8
  movq 8(%rsp),%r9
  jmpq *heddle_system_call_gate(%rip)
.size heddle_raw_system_call,.-heddle_raw_system_call
.p2align 4
.globl heddle_return_from_signal  # (ucontext_t*)
.hidden heddle_return_from_signal
.type heddle_return_from_signal,@function
heddle_return_from_signal:
  movq %rdi,%rsp
  movl $15,%eax                   # rt_sigreturn
  jmpq *heddle_system_call_gate(%rip)
.size heddle_return_from_signal,.-heddle_return_from_signal
)");

extern "C" void heddle_own_gate();
extern "C" __attribute__((visibility("hidden"))) const void* heddle_system_call_gate;
const void* heddle_system_call_gate = reinterpret_cast<const void*>(heddle_own_gate);
extern "C" long heddle_raw_system_call(long number, long a, long b, long c, long d, long e, long f);
extern "C" [[noreturn]] void heddle_return_from_signal(void* context);
extern "C" void heddle_park_home(heddle::sim::runtime::Context*, void* home_top,
                                 void (*wait)(heddle::sim::runtime::Context*));

#if defined(HEDDLE_FLAVOUR_TSAN)
// See plain_memory.h. String instructions: no library call may come of them.
extern "C" __attribute__((visibility("hidden"), used)) void* heddle_plain_memmove(
    void* to, const void* from, unsigned long size) {
  void* result = to;
  if (reinterpret_cast<unsigned long>(to) - reinterpret_cast<unsigned long>(from) >= size) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return result;
  }
  // The target begins inside the source: from the end.
  void* to_end = static_cast<char*>(to) + size - 1;
  const void* from_end = static_cast<const char*>(from) + size - 1;
  asm volatile("std; rep movsb; cld" : "+D"(to_end), "+S"(from_end), "+c"(size) : : "memory");
  return result;
}

extern "C" __attribute__((visibility("hidden"), used)) void* heddle_plain_memset(
    void* to, int value, unsigned long size) {
  void* result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}
#endif

namespace heddle::sim::runtime {

HEDDLE_HOT constinit SystemCallTrap system_call_trap;

void SetSystemCallGate(const void* gate) { heddle_system_call_gate = gate; }
const void* SystemCallGate() { return heddle_system_call_gate; }

constinit long (*system_call_guard)(long number, const long* arguments) = nullptr;

long RawSyscall(long number, long a, long b, long c, long d, long e, long f) {
  if (__builtin_expect(system_call_guard != nullptr, 0)) {
    const long arguments[6] = {a, b, c, d, e, f};
    return system_call_guard(number, arguments);
  }
  return heddle_raw_system_call(number, a, b, c, d, e, f);
}

long UnguardedSyscall(long number, long a, long b, long c, long d, long e, long f) {
  return heddle_raw_system_call(number, a, b, c, d, e, f);
}

void ReturnFromSignal(void* context) { heddle_return_from_signal(context); }

static void WaitFor(uint32_t* word) {
  while (!__atomic_load_n(word, __ATOMIC_ACQUIRE)) {
    RawSyscall(SYS_futex, reinterpret_cast<long>(word), FUTEX_WAIT_PRIVATE, 0, 0);
  }
}

static void Set(uint32_t* word) {
  __atomic_store_n(word, 1, __ATOMIC_RELEASE);
  RawSyscall(SYS_futex, reinterpret_cast<long>(word), FUTEX_WAKE_PRIVATE, 1);
}

bool CanAdopt() { return (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0; }

// The thread control block begins with a pointer to itself (the x86-64 ABI's %fs:0).
uint64_t ReadFsBase() {
  uint64_t base;
  asm("movq %%fs:0,%0" : "=r"(base));
  return base;
}

void PassBaton(Context* next) { Set(&next->baton); }

void SwitchBaton(Context* self, Context* next) {
  PassBaton(next);
  WaitFor(&self->baton);
  __atomic_store_n(&self->baton, 0, __ATOMIC_RELAXED);
}

// A parked kernel thread must take no signal: its stack is small and its context is elsewhere.
static void BlockSignals() {
  uint64_t all = ~uint64_t{0};
  RawSyscall(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, reinterpret_cast<long>(&all), 0, sizeof all);
}

static void SleepAtHome(Context* self) {
  Set(&self->parked);
  WaitFor(&self->go_home);
}

void ParkForAdoption(Context* self, void* home_top) {
  BlockSignals();
  self->fs_base = ReadFsBase();
  heddle_park_home(self, home_top, SleepAtHome);
}

void ParkForBaton(Context* self) {
  BlockSignals();
  self->fs_base = ReadFsBase();
  Set(&self->parked);
  WaitFor(&self->baton);
  __atomic_store_n(&self->baton, 0, __ATOMIC_RELAXED);
}

void WaitUntilParked(Context* context) { WaitFor(&context->parked); }

void SendHome(Context* context) { Set(&context->go_home); }

int KernelThreadId() { return static_cast<int>(RawSyscall(SYS_gettid)); }

uint32_t* EndWord() {
  uint32_t* word = nullptr;
  const long error = RawSyscall(SYS_prctl, PR_GET_TID_ADDRESS, reinterpret_cast<long>(&word));
  return error == 0 ? word : nullptr;
}

// The kernel wakes a shared futex there, so this must wait on one. The word is never read here: the
// stack it lies in may be gone already, which the system call answers with EFAULT.
void AwaitEnd(const Context& context, int process, int thread) {
  if (context.end_word != nullptr) {
    long result;
    do {
      result = RawSyscall(SYS_futex, reinterpret_cast<long>(context.end_word), FUTEX_WAIT, thread);
    } while (result == 0 || result == -EINTR);
    return;
  }
  while (RawSyscall(SYS_tgkill, process, thread, 0) == 0) RawSyscall(SYS_sched_yield);
}

}  // namespace heddle::sim::runtime
