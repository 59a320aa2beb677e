// Weak memory: which store an atomic load reads, when a campaign asks for --memory c11 or tso.
//
// c11 is RC11 (O. Lahav, V. Vafeiadis, J. Kang, C.-K. Hur and D. Dreyer, "Repairing Sequential
// Consistency in C/C++11", PLDI 2017) without load buffering, with the release sequences of C++20,
// as an operational model. Operations happen in execution order, which is also the order of the
// seq_cst ones. A store goes to the end of its location's modification order, or in front of newer
// stores that its thread need not know of. A load may read any store of its location, down to the
// newest one that its thread must know of. What a thread must know of is a view, a vector clock
// over threads: a store, or somebody's read of it, with a number that the view covers hides all
// that is older. The strategy picks (Strategy::ChooseStore), and the step's log entry keeps the
// pick.
//
// tso is the store buffer of x86 (S. Owens, S. Sarkar and P. Sewell, "A Better x86 Memory Model:
// x86-TSO", TPHOLs 2009): stores become visible in order, to all at once; only a thread's own loads
// pass its stores.
//
// Real memory always holds the newest value. What was not written through here is noticed: plain
// writes and freed memory end histories, and memory that differs from the newest store known is a
// store from outside that everybody knows of. Stronger than C++ says, so that bugs may be missed
// but none is made up: an access of 16 bytes, or of bytes that are used in several sizes, is
// seq_cst; a call on a descriptor or the clock sees all that was stored before; when
// kMaxWeakThreads have been, a new thread knows what one did that has ended.
//
// All state lies in private memory: an execution is a fork.
//
// All functions but ResetWeakMemory(): only with kernel.request.weak, by the running thread, after
// its point. `memory` is what the location holds now, `order` one of __ATOMIC_*.
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_MEMORY_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_MEMORY_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/campaign.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// Loads in a row by one thread at one location that do not read the newest store: after so many
// only the newest is offered, so that a loop which waits for a value ends. C++ asks for no more
// than "a finite period of time" ([intro.progress]).
inline constexpr uint8_t kMaxStaleReads = 8;
// A weak compare-exchange does not fail by itself after so many of them. Implementations "should
// ensure that weak compare-and-exchange operations do not consistently return false"
// ([atomics.types.operations]); a loop around it does the same each time.
inline constexpr uint8_t kMaxFailuresByItself = 2;

// Before an execution; main() has the first view.
void ResetWeakMemory(MemoryModel model);

// What the load reads.
uint64_t WeakLoad(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
                  int order);
// Before the store is done. False: it comes before others in modification order, and memory stays.
bool WeakStore(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
               uint64_t value, int order);

// A read-modify-write reads the store Back(place) and puts its own right after it; 0 is the newest.
// With another place memory stays as it is.
struct WeakPlace {
  uint64_t value = 0;  // what it reads
  uint32_t place = 0;
  bool fails = false;  // a compare-exchange
};
WeakPlace PlaceUpdate(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
                      int order);
// What a compare-exchange reads. WeakUpdate() must follow unless it fails. `may_fail`: also on the
// value expected (the weak form).
WeakPlace PlaceCompareExchange(Thread* self, const volatile void* address, uint32_t size,
                               uint64_t memory, uint64_t expected, bool may_fail, int order,
                               int failure_order);
// The read-modify-write whose place was asked for last is done and has stored `value`.
void WeakUpdate(Thread* self, uint64_t value, int order, uint32_t place);

void WeakFence(Thread* self, int order);
// membarrier(2): every thread passes a seq_cst fence where it is, between one before and one after
// it of the caller's. ThreadSanitizer is told of the caller's only.
void WeakBarrier(Thread* self);
// An atomic access of 16 bytes or more: seq_cst.
void WeakWhole(Thread* self, const volatile void* address, uint64_t size);

void WeakPlainWrite(const void* address, uint64_t size);
// The bytes are no objects any more (freed, unmapped).
void WeakForget(const void* address, uint64_t size);
// Code that does not tell has just stored a byte there, with release order, where 0 was before (a
// static guard's, which compiled code reads by itself).
void WeakPublish(Thread* self, const void* address);

// Locks, semaphores, barriers, joins: who takes knows what those knew who gave.
void WeakGive(Thread* self, const void* object);
void WeakTake(Thread* self, const void* object);
// What readers give back of a lock, which only writers take.
inline const void* ReadersOf(const void* lock) { return static_cast<const char*>(lock) + 1; }
// A call on a descriptor or the clock: from then on the thread knows of all that was stored so far.
// So an event loop that is not instrumented (libev with its own flags and fences) hands over what
// was stored before it was woken, also where it found that it need not write.
void WeakSystem(Thread* self);
// The system reads `word` behind a full barrier (futex(2)).
void WeakFutex(Thread* self, const uint32_t* word);
void WeakStart(Thread* child, Thread* parent);
void WeakEnd(Thread* self);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_MEMORY_H_
