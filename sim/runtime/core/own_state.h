// What Linux keeps for each thread and a carrier has only once: the signal mask, the alternate
// signal stack, the name, the processor affinity. Each simulated thread has its own; the carrier's
// is made to agree when a thread gets control.
//
// (Registers, the floating-point control words included, are saved with the context; errno, locale
// and the rest of TLS are the thread's own anyway.)
#ifndef HEDDLE_SIM_RUNTIME_CORE_OWN_STATE_H_
#define HEDDLE_SIM_RUNTIME_CORE_OWN_STATE_H_

#include <signal.h>

#include <cstdint>

#include "sim/protocol/limits.h"

namespace heddle::sim::runtime {

struct Thread;

inline constexpr uint32_t kThreadNameSize = kMaxThreadName;

struct OwnState {
  uint64_t signal_mask = 0;  // bit n-1: signal n is blocked
  stack_t signal_stack = {nullptr, SS_DISABLE, 0};
  char name[kThreadNameSize] = {};
  bool named = false;         // by a call for this very thread; otherwise the name is its creator's
  uint32_t processors = 0xF;  // affinity: the four that there are
  // The floating-point control words that it begins with.
  uint32_t mxcsr = 0x1F80;
  uint16_t x87_control = 0x037F;
};

// Of the first thread, when an execution begins.
void TakeOwnState(Thread* main);
// A new thread begins with its creator's mask, name and floating-point control words, and with no
// alternate signal stack, as clone(2) and pthread_create(3) say.
void InheritOwnState(const Thread* creator, Thread* thread);
// The first thing of `self`'s on its own stack: its control words, and what libc keeps in TLS that
// a pooled thread may have from an earlier one (the locale).
void BeginOwnState(Thread* self);
// Makes the carrier's mask and signal stack those of `self`, which has just got control.
void LoadOwnState(const Thread* self);

// From here on the system does not deliver the signal to this process, nor to its children under
// control. What comes is dropped. By the thread that has control.
void HoldBackSignal(int signal);
// While a program is started, the carrier's mask is the thread's own: programs inherit it. SIGCHLD,
// which may come, has its default action then.
void LoadMaskForPrograms(const Thread* self);
void LoadMaskAgain(const Thread* self);

// Whether the program has a handler for this signal, and the system calls it. Otherwise a fault
// (SIGSEGV, SIGBUS, SIGFPE, SIGILL) reaches the runtime or the sanitizer even where the program
// blocks it.
void SetFaultHandled(int signal, bool handled, bool by_system);

// What the calls of the same name do, for `self`, which has control. 0 or an errno value.
int SetSignalMask(Thread* self, int how, const uint64_t* set, uint64_t* old);
int SetSignalStack(Thread* self, const stack_t* stack, stack_t* old);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_OWN_STATE_H_
