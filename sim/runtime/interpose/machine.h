// What the machine's files say (machine.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_MACHINE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_MACHINE_H_

namespace heddle::sim::runtime {

inline constexpr unsigned kUser = 1000;  // user and group

// A descriptor with what `path` holds on the machine that programs see; -1 when it is not one of
// the files that tell of the machine.
int OpenMachineFile(const char* path);

// Makes the bytes that the system drew for this process (getauxval(AT_RANDOM)) the same in each.
// libc has made the stack protector's canary and the pointer guard of them already.
void FixRandomBytes();

// From here on rdtsc and rdtscp read the virtual clock (1 tick a nanosecond), in this thread and
// those that it creates. Without the system's help (prctl PR_SET_TSC) they stay as they are.
void TrapTimeStampCounter();
// Whether the program has a handler of its own for SIGSEGV behind that trap.
bool ProgramHandlesFaults();
// While a program is started, which inherits what is set, and does not know of the trap.
void LetTimeStampCounterBe();
void TrapTimeStampCounterAgain();
// The calling kernel thread reads the real counter again: at the end of an execution
// (LeakSanitizer's own thread cannot handle the fault), and on kernel threads that park with all
// signals blocked.
void ReleaseTimeStampCounter();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_MACHINE_H_
