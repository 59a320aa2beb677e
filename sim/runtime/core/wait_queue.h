// Wake-up queues: the model of condition variables and futexes, one queue an address.
//
// Wake-ups are offered to the threads that wait at that moment ("eligible"); the first of them to
// be chosen takes one, and when none is left the others sleep on. So the choice of whom a signal
// wakes is the strategy's, and a thread that comes later cannot steal it.
//
// What holds of every queue: as many threads are queued at its address as its length says; it has
// no more wake-ups than eligible threads; a queue without threads is free for another address.
//
// On the thread that has control only. The sequence of a wait:
//
//   QueueJoin(self, address, tag);
//   woken = WaitPoint(self, ..., address, QueueReady, ...);
//   QueueLeave(self, woken);
#ifndef HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_
#define HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_

#include <cstdint>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Joins the queue of `address`. `tag`: the bits of a futex wait; a wake-up must have one of them.
void QueueJoin(Thread* self, const void* address, uint64_t tag);
// The ready() of a queued thread.
bool QueueReady(Thread* self);
// Leaves the queue: takes one wake-up if `woken`.
void QueueLeave(Thread* self, bool woken);

// Offers `count` wake-ups to those that wait now and match `tag`. Returns how many threads will be
// woken.
uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag);
uint32_t QueueLength(const void* address);
// Of these, the threads that no wake-up is left for.
uint32_t QueueAsleep(const void* address);
// Moves up to `count` waiters that no wake-up was offered to, in order of slot, to another queue
// (FUTEX_REQUEUE). Returns how many.
uint32_t QueueMove(const void* from, const void* to, uint32_t count);

// In a child process, whose only thread is in none: there are none.
void ForgetQueues();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WAIT_QUEUE_H_
