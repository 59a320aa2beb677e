// The scheduler: who runs, what time it is, what is written down. Internal to the kernel.
//
// One simulated thread runs at a time. Interposed functions (interpose_*.cc, atomics_*.cc) stop at
// a point *before* they do anything:
//
//   AtPoint(self, kind, access, address)          an operation that cannot block;
//   WaitPoint(self, ..., ready, deadline)       one that can: it is not offered to the strategy
//                                               until ready(self) holds or the deadline has come;
//   Changed(address)                            after an operation that may have made somebody
//                                               else's ready() true or false.
//
// The truth about a mutex, semaphore or rwlock is the real object (ready() peeks into glibc's
// fields), so memory that is reused without a destroy call cannot confuse the model, and the real
// call that follows keeps the sanitizers' and glibc's own view. Only condition variables and
// futexes, whose waiting is what the kernel takes over, have a model of their own (WaitQueue).
//
// Thread rule: everything here runs on the simulated thread that has control; there is never a
// second one. Kernel threads that are not simulated (a starting thread until it parks, a
// sanitizer's background thread) have self == nullptr and go straight through.
#ifndef HEDDLE_SIM_RUNTIME_CORE_SCHEDULER_H_
#define HEDDLE_SIM_RUNTIME_CORE_SCHEDULER_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "sim/protocol/control.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/core/context.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/thread.h"
#include "sim/runtime/runtime.h"

#if defined(HEDDLE_FLAVOUR_TSAN)
extern "C" void __tsan_func_entry(void* caller);
extern "C" void __tsan_func_exit();
#endif

namespace heddle::sim::runtime {

// Inside one of these, calls of the running thread go straight through.
class Uncontrolled {
 public:
  Uncontrolled() : saved_(tls_self) {
    tls_self = nullptr;
#if defined(HEDDLE_FLAVOUR_TSAN)
    // ThreadSanitizer takes an interceptor's caller for the program's line; that is us. So the
    // program's call goes on its shadow stack.
    if (saved_ != nullptr) __tsan_func_entry(const_cast<void*>(saved_->caller));
#endif
  }
  ~Uncontrolled() {
#if defined(HEDDLE_FLAVOUR_TSAN)
    if (saved_ != nullptr) __tsan_func_exit();
#endif
    tls_self = saved_;
  }
  Uncontrolled(const Uncontrolled&) = delete;
  Uncontrolled& operator=(const Uncontrolled&) = delete;

 private:
  Thread* saved_;
};

inline Thread* Self() { return tls_self; }
// Whether a context that got control has something to do first: AfterSwitch().
inline bool LeftSomething() {
  return kernel.threads.leaving != nullptr || kernel.capture.asker != nullptr ||
         kernel.debugger.stopping;
}

// --- Points ---
void Schedule(Thread* self);

inline void Announce(Thread* self, OpKind kind, Access access, const void* address,
                     uint32_t size = 0) {
  kernel.view.last = self->pending;
  self->pending.kind = kind;
  self->pending.access = access;
  self->pending.size = size;
  self->pending.second = kNoObject;
  self->pending.address = reinterpret_cast<uintptr_t>(address);
  self->pending.object = kNoObject;
}
ObjectId ObjectOf(uintptr_t address);

inline void AtPoint(Thread* self, OpKind kind, Access access, const void* address,
                    uint32_t size = 0) {
  Announce(self, kind, access, address, size);
  if (kernel.request.number_objects) self->pending.object = ObjectOf(self->pending.address);
  Schedule(self);
}
// Same, on one of the fixed objects (clock, files, random).
inline void PointOn(Thread* self, OpKind kind, Access access, ObjectId object) {
  Announce(self, kind, access, nullptr);
  self->pending.object = object;
  Schedule(self);
}
// True: ready. False: the deadline came first.
bool WaitPoint(Thread* self, OpKind kind, Access access, const void* address, Ready ready,
               int64_t deadline = kNever, OpKind timeout_kind = OpKind::kNone);
bool WaitIo(Thread* self, OpKind kind, Ready ready, int64_t deadline);
bool WaitOn(Thread* self, OpKind kind, Access access, ObjectId object, Ready ready,
            int64_t deadline, OpKind timeout_kind);
void Changed(const void* address);
inline void IoChanged() {
  ++kernel.threads.io_epoch;
  if (kernel.threads.io_waiting != 0) kernel.candidates.dirty = true;
}
// What the running thread did was only a read after all (a failed compare-exchange or trylock).
inline void OnlyRead(Thread* self) { self->pending.access = Access::kRead; }
void ForgetObjects(const void* address, size_t size);

// --- Wake-up queues: condition variables and futexes ---
// Joins the queue of `address`; QueueReady() is its ready().
void QueueJoin(Thread* self, const void* address, uint64_t tag);
bool QueueReady(Thread* self);
// Leaves the queue: takes one wake-up if `woken`.
void QueueLeave(Thread* self, bool woken);
// Offers `count` wake-ups to those that wait now (and match tag, see futex bitsets). Returns how
// many threads will be woken.
uint32_t QueueWake(const void* address, uint32_t count, uint64_t tag);
uint32_t QueueLength(const void* address);
// Moves up to `count` waiters to another queue (FUTEX_REQUEUE).
uint32_t QueueMove(const void* from, const void* to, uint32_t count);

// --- Time ---
int64_t ReadClock(Thread* self);  // a point; the clock moves by kClockReadNs
inline int64_t DeadlineAfter(int64_t ns) {
  if (ns < 0) ns = 0;
  return ns > kNever - 1 - kernel.clock.now ? kNever - 1 : kernel.clock.now + ns;
}
void DeadlineAdded(int64_t deadline);
// The earliest deadline of timers that are no threads (timerfd); fires those that are due.
int64_t TimersEarliest();
void TimersFire();

// --- Threads ---
Thread* NewThread();              // an object without a kernel thread
void AddThread(Thread* thread);   // alive from now on
void FinishThread(Thread* self);  // never to be scheduled again
void AfterSwitch();
void Recycle(Thread* thread);  // finished, and joined or detached
void WaitForOthers();          // until only the caller is alive
uint32_t LeakedThreads(ThreadNumber* first);
void ResetThreads();  // between executions of Run()
void PushHeld(Thread* self, const void* address, HeldKind kind);
void DropHeld(Thread* self, const void* address);
Thread* HolderOf(const void* address);
inline uintptr_t ThreadAddress(ThreadNumber number) { return (uintptr_t{number} << 4) + 16; }

// Whether a call comes from libc, the loader or the unwinder (interpose_process.cc): no point then.
bool FromSystem(const void* caller);

// --- Faults (faults.cc) ---
// Asked on each occasion for one, before the point: whether it comes now. Writes it down.
bool DecideFault(Thread* self, FaultKind kind);
inline bool FaultComes(Thread* self, FaultKind kind) {
  return __builtin_expect(kernel.faults.any, 0) && DecideFault(self, kind);
}
// How much of `size` > 1 bytes a short read or write moves: fewer, the same each time for one
// fault.
size_t ShortenedSize(const Thread* self, FaultKind kind, size_t size);
void ResetFaults(const Random& random);
// Of the calling thread: see FaultScope.
bool Faultless();
void SetFaultless(bool faultless);

// --- Executions ---
void BeginExecution(uint64_t execution, int64_t seed_index);
void CompleteExecution();
// Ends the process: writes the finding down with the stacks of all threads, prints it.
[[noreturn]] void Fail(FailureKind kind, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] void Unmodelled(const char* operation);
void CaptureStack(ThreadReport* report);
// Where the running thread is with its pending operation, for the details.
void CapturePending(Thread* self);
// A sanitizer reports.
void NoteSanitizerReport();
void FillModules();

// --- Debuggers ---
// A step's thread stops here before its operation; kernel.log.points - 1 is the step.
void StopForDebugger();

// --- Shared memory arena (arena.cc): for strategies and the kernel's own tables ---
void ArenaInit(void* memory, size_t size);
void* ArenaAllocate(size_t size, size_t alignment = 16);
void ArenaFree(void* memory);
bool ArenaOwns(const void* memory);
size_t ArenaSizeOf(const void* memory);
extern constinit thread_local bool tls_in_arena __attribute__((tls_model("initial-exec")));
class UseArena {
 public:
  UseArena() : self_(tls_self), saved_(tls_in_arena) {
    tls_self = nullptr;
    tls_in_arena = true;
  }
  ~UseArena() {
    tls_in_arena = saved_;
    tls_self = self_;
  }
  UseArena(const UseArena&) = delete;
  UseArena& operator=(const UseArena&) = delete;

 private:
  Thread* self_;
  bool saved_;
};

// --- Flavours ---
#if defined(HEDDLE_FLAVOUR_TSAN)
inline constexpr char kFlavour[] = "tsan";
inline constexpr bool kRecycleThreads = false;
#elif defined(HEDDLE_FLAVOUR_ASAN)
inline constexpr char kFlavour[] = "asan";
inline constexpr bool kRecycleThreads = false;
#else
inline constexpr char kFlavour[] = "det";
inline constexpr bool kRecycleThreads = true;
#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_SCHEDULER_H_
