// Crash signals: what happened is written down, then the process dies of the signal as it would
// have.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_CRASH_H_
#define HEDDLE_SIM_RUNTIME_SERVE_CRASH_H_

namespace heddle::sim::runtime {

// In the process of an execution, before it begins. Replaces the handlers that are there; in tsan
// and asan that of SIGABRT only, since the sanitizers report faults themselves, with more to say.
void CatchCrashes();

// Behind it, and behind what else handles signals for the runtime: who handles them from here on is
// the program.
void NoteHandlers();

// Whether the running thread is in a handler that the program has for a fatal signal: what it does
// there, even exit(), is no end of the program as it was written to end.
bool InCrashHandler();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_CRASH_H_
