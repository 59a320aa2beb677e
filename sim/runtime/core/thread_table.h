// The simulated threads that are alive: kernel.threads.
#ifndef HEDDLE_SIM_RUNTIME_CORE_THREAD_TABLE_H_
#define HEDDLE_SIM_RUNTIME_CORE_THREAD_TABLE_H_

#include <cstdint>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

struct ThreadTable {
  Thread* current = nullptr;  // who has control
  Thread* main = nullptr;     // thread 0's object; null before the first execution
  Thread* leaving = nullptr;  // finished; its kernel thread exits next
  uint32_t slot_end = 0;      // one after the last slot in use
  uint32_t alive = 0;
  uint32_t couriers = 0;    // of these, those that bring signals
  uint32_t waiting = 0;     // threads with a ready()
  uint32_t io_waiting = 0;  // of these, those whose ready() depends on file descriptors
  uint64_t io_epoch = 1;    // counts changes that may make a descriptor ready
  // Likewise, of all processes under control, but not every step of another one: goes with control.
  uint64_t io_changes = 1;
  ThreadNumber next_number = 0;
  // By slot; slots are reused, lowest first. Null: free.
  Thread* slots[kMaxLiveThreads] = {};
};

// `thread` is alive from now on: it gets the lowest free slot and the next number. On the thread
// that has control (for the first thread: before anyone has). More than kMaxLiveThreads are the
// finding "limit".
void AddThread(Thread* thread);
// `thread` is alive no more: it leaves its slot.
void RemoveThread(Thread* thread);
// The last step of the running thread: it is not a candidate any more, and whoever runs next sees
// to its end (AfterSwitch). Returns on its own kernel thread, at its very end, or, for a pooled
// thread, when it was chosen again as a new one. tls_self is null already.
void FinishThread(Thread* self);

// A courier is not alive any more.
void RemoveThread(Thread* thread);

bool AnyThreadCanRun();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_THREAD_TABLE_H_
