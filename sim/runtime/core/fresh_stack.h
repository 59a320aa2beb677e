// Stacks whose unused part is zeros when the program's code begins on them.
//
// A program that reads a variable which nobody has set reads what lies there on the stack. That
// must not be what the runtime, libc or the dynamic linker has left: it differs between a fork and
// a worker (serve/worker.h), so the same schedule would be two executions.
#ifndef HEDDLE_SIM_RUNTIME_CORE_FRESH_STACK_H_
#define HEDDLE_SIM_RUNTIME_CORE_FRESH_STACK_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Makes the memory from `low` to `end` zeros. It belongs to a stack whose frames lie at `end` and
// above; nothing runs on it meanwhile. Pages go back to the system: it costs a system call and at
// most a page.
void ClearStack(uintptr_t low, uintptr_t end);

// On the thread itself: what the runtime's own calls have left below the caller's frame is zeros.
void ClearWhatIsBelow();

// Calls `function` on a stack of the runtime's own, with the caller's stack pointer: nothing below
// it is in use meanwhile. Not again before it has returned.
void CallOnOwnStack(void (*function)(uintptr_t stack_pointer));

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_FRESH_STACK_H_
