// System calls by an instruction of the program's own: standard libraries of other languages,
// allocators, code that is linked statically. Syscall User Dispatch (prctl(2), Linux 5.11) turns
// them into SIGSYS, and the handler does what syscall() would do.
//
// Calls from libc, the dynamic linker, the vDSO, the sanitizers and the runtime itself go to the
// system. A trapped call costs some microseconds, a call from libc nothing.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_TRAP_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_TRAP_H_

#include <signal.h>

namespace heddle::sim::runtime {

// Finds the code whose calls go to the system. Once, behind InitSystemRanges().
void PrepareSystemCallTrap();
// From here on the calling kernel thread's calls are trapped, until ReleaseSystemCalls(). Nothing
// happens where the system cannot do it.
void TrapSystemCalls();
void ReleaseSystemCalls();
// The same in a child process, which has not inherited it.
void TrapSystemCallsOfChild();
// For a worker (serve/worker.h): all calls of the calling kernel thread, libc's included, until its
// end. Only those of RawSyscall() are not trapped. False where the system cannot do it.
bool TrapAllSystemCalls();

// A handler was set for the signal: it must not run with SIGSYS blocked, as ThreadSanitizer's do,
// since a trapped call would end the process then.
void KeepTrapOpenIn(int signal);
// What the program sets for SIGSYS stays behind the trap. False: not the trap's business.
bool SetActionBehindTrap(int signal, const struct sigaction* action, struct sigaction* old);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_TRAP_H_
