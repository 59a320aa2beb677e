// Threads that start before control begins: they are not there in the executions, which are forks.
#ifndef HEDDLE_SIM_RUNTIME_CORE_EARLY_THREADS_H_
#define HEDDLE_SIM_RUNTIME_CORE_EARLY_THREADS_H_

#include <cstdint>

namespace heddle::sim::runtime {

struct EarlyThread;

// The control block is mapped: from here on until control begins threads are early.
void BeginEarlyThreads();
// Control begins. Where the first early thread that has not ended was started: kMaxDetailFrames
// addresses, from the innermost on. Null when all have ended.
const uint64_t* EndEarlyThreads();

// A thread is about to be created outside control. Does not return when the supervisor wants the
// program to start over. Null: it is none of these. Otherwise it is to run RunEarlyThread with the
// answer.
EarlyThread* NoteEarlyThread(void* (*function)(void*), void* argument);
void* RunEarlyThread(void* early_thread);

// Something else that must be under control is about to be made outside: a timer.
void NoteEarlyTimer();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_EARLY_THREADS_H_
