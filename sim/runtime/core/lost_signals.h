// Signals that reached nobody, or another thread than the one that sleeps: for the report of a lost
// wake-up.
//
// On the thread that has control.
#ifndef HEDDLE_SIM_RUNTIME_CORE_LOST_SIGNALS_H_
#define HEDDLE_SIM_RUNTIME_CORE_LOST_SIGNALS_H_

#include <cstdint>

#include "sim/protocol/strategy.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

struct LostSignal {
  // Of the condition variable or futex: the complement of its address, so that LeakSanitizer does
  // not take it for a pointer.
  uint64_t key = 0;
  OpKind kind = OpKind::kNone;  // of the operation that signalled
  ThreadNumber thread = kNoThread;
  uint64_t point = 0;            // of that operation
  const void* caller = nullptr;  // of the function that signalled
  // Whom it woke while others waited, and the caller of the function in which that thread waited.
  ThreadNumber woken = kNoThread;
  const void* woken_caller = nullptr;
};

// The running thread has signalled at `address`, and nobody waited there.
void NoteLostSignal(const void* address);
// The running thread has signalled at `address`, where more threads wait than it wakes.
void NoteContendedSignal(const void* address);
// `thread` has been woken at `address`: by the latest such signal, if there was one.
void NoteWoken(const void* address, const Thread* thread);
// The latest signal where the thread waits that did not come to it, or null: one that woke another
// thread while it waited, else one that reached nobody. Two addresses may share an entry: then the
// earlier one's is gone.
const LostSignal* LastSignalNotFor(const Thread* thread);
void ForgetLostSignals();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_LOST_SIGNALS_H_
