// Wake-up queues: the model of condition variables, barriers and futexes, one queue an address.
//
// Wake-ups are offered to the threads that wait at that moment ("eligible"); the first of them to
// be chosen takes one, and when none is left the others sleep on. So the choice of whom a signal
// wakes is the strategy's, and a thread that comes later cannot steal it.
//
// What holds of every queue: as many threads are queued at its address as its length says; it has
// no more wake-ups than eligible threads; a queue without threads is free for another address.
//
// The queues of objects that processes share lie in memory that they share. Such an object must lie
// at the same address in all of them, as it does in memory that was mapped before the fork.
//
// On the thread that has control only, in whichever process that is. The sequence of a wait:
//
//   QueueJoin(self, address, tag);
//   woken = WaitPoint(self, ..., address, QueueReady, ...);
//   QueueLeave(self, woken);
#ifndef HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_
#define HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

enum class Sharing : uint8_t { kPrivate, kShared };

// A thread's place in a queue: Thread::waiter.
struct QueueWaiter {
  const void* address = nullptr;  // null: free
  uint64_t tag = 0;
  int process = 0;  // the thread's (OwnProcessNumber()), and its slot there
  uint32_t slot = 0;
  bool eligible = false;  // a wake-up of the queue may go to it
  uint64_t since = 0;     // how many points had come when it joined, in its process
};

// Joins the queue of `address`. `tag`: the bits of a futex wait; a wake-up must have one of them.
void QueueJoin(Thread* self, const void* address, uint64_t tag,
               Sharing sharing = Sharing::kPrivate);
// The ready() of a queued thread.
bool QueueReady(Thread* self);
// Leaves the queue: takes one wake-up if `woken`.
void QueueLeave(Thread* self, bool woken);

// Offers `count` wake-ups to those that wait now and match `tag`. Returns how many threads will be
// woken.
uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag,
                   Sharing sharing = Sharing::kPrivate);
uint32_t QueueLength(const void* address, Sharing sharing = Sharing::kPrivate);
// Of these, the threads that no wake-up is left for.
uint32_t QueueAsleep(const void* address, Sharing sharing = Sharing::kPrivate);
// Moves up to `count` waiters that no wake-up was offered to, in order of slot, to another queue
// (FUTEX_REQUEUE). Returns how many.
uint32_t QueueMove(const void* from, const void* to, uint32_t count,
                   Sharing sharing = Sharing::kPrivate);

// Memory for the queues that processes share. Once, before executions begin.
void MapSharedQueues();
// At the start of an execution: nobody waits in them.
void ResetSharedQueues();
// In a child process, whose only thread is in none: none of its own has a thread.
void ForgetQueues();
// The process has ended: its threads are in no queue.
void LeaveSharedQueues(int process);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_
