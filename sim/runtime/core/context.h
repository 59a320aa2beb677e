// Saving and adopting the contexts of threads.
//
// Adoption: every simulated thread is a real pthread. It saves its context and sleeps on a small
// stack of its own ("home"); one carrier kernel thread runs the contexts in turn by loading their
// stack pointer, callee-saved registers and FS base (the TLS pointer). 25 ns a switch.
// Baton: each context stays on its own kernel thread, which waits on a futex word until the word is
// set. For machines without FSGSBASE. Microseconds a switch.
//
// Rules: nothing here may use a stack protector (its canary lives behind FS), nothing here is seen
// by a sanitizer (raw futexes: they must add no happens-before edge and hide no race).
#ifndef HEDDLE_SIM_RUNTIME_CORE_CONTEXT_H_
#define HEDDLE_SIM_RUNTIME_CORE_CONTEXT_H_

#include <cstdint>

extern "C" __attribute__((visibility("hidden"))) void heddle_switch_context(void** save_sp,
                                                                            void* load_sp,
                                                                            uint64_t fs_base);

namespace heddle::sim::runtime {

struct Context {
  void* stack_pointer = nullptr;  // while it does not run
  uint64_t fs_base = 0;
  uint32_t baton = 0;    // baton: set when it may run
  uint32_t parked = 0;   // its kernel thread has saved the context and sleeps
  uint32_t go_home = 0;  // its kernel thread takes the context back
  // Where the kernel clears the thread's number when it has left user space for good (libc's word
  // for pthread_join); null when it does not tell.
  uint32_t* end_word = nullptr;
};

// Whether user code may write the FS base (AT_HWCAP2 bit 1).
bool CanAdopt();
uint64_t ReadFsBase();

// Saves the running context in `self` and runs `next` until somebody switches back.
inline void SwitchAdopted(Context* self, Context* next) {
  heddle_switch_context(&self->stack_pointer, next->stack_pointer, next->fs_base);
}
void SwitchBaton(Context* self, Context* next);
void PassBaton(Context* next);  // and do not wait: the caller's kernel thread ends

// On the thread's own kernel thread: saves the context, announces it (parked) and sleeps. Returns
// when a carrier adopts the context, or, after SendHome(), on the own kernel thread again.
// `home_top`: end of a stack of at least 16 KiB to sleep on.
void ParkForAdoption(Context* self, void* home_top);
void ParkForBaton(Context* self);
void WaitUntilParked(Context* context);
// Lets the own kernel thread go on with a context that was saved by SwitchAdopted().
void SendHome(Context* context);

int KernelThreadId();
// Of the calling kernel thread; see Context.
uint32_t* EndWord();
// Until the kernel thread runs no more user code.
void AwaitEnd(const Context& context, int process, int thread);

// Which system calls of this kernel thread are trapped (Syscall User Dispatch, prctl(2)): those
// from outside libc's code while `selector` is kTrapCalls. A system call of the sanitizers with
// signals blocked must not be: it would end the process.
inline constexpr char kPassCalls = 0;  // SYSCALL_DISPATCH_FILTER_ALLOW
inline constexpr char kTrapCalls = 1;  // SYSCALL_DISPATCH_FILTER_BLOCK
struct SystemCallTrap {
  volatile char selector = kPassCalls;  // read by the system
  char on = kPassCalls;                 // what it is while the program runs
  char off = kPassCalls;                // and within Uncontrolled
};
extern constinit SystemCallTrap system_call_trap;

inline void LetSystemCallsPass() { system_call_trap.selector = system_call_trap.off; }
inline void TrapSystemCallsAgain() { system_call_trap.selector = system_call_trap.on; }

// The runtime's own system calls, which are never trapped: they are made at `gate`, an instruction
// `syscall` with a return behind it in libc's code. Before it is set, at one of the runtime's own.
void SetSystemCallGate(const void* gate);
const void* SystemCallGate();
long RawSyscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                long f = 0);

// For its arguments, and of its answer.
inline long AsWord(const void* pointer) { return reinterpret_cast<long>(pointer); }
inline bool SystemCallFailed(long result) { return result < 0 && result > -4096; }

// In a worker (serve/worker.h) each system call of the process comes here, those of RawSyscall()
// included, with its six arguments; the answer is the call's. Null elsewhere.
extern constinit long (*system_call_guard)(long number, const long* arguments);
// For the guard's own, and what puts memory back.
long UnguardedSyscall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                      long f = 0);
// Ends the signal handler that got `context` (a ucontext_t), with a system call at the gate instead
// of one in libc.
[[noreturn]] void ReturnFromSignal(void* context);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CONTEXT_H_
