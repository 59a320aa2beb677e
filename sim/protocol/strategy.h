// The one interface between the sim kernel and what takes its decisions.
//
// The kernel stops every simulated thread just before its next operation (a mutex lock, an atomic
// load, a read of a pipe...: a "schedule point") and asks the strategy which thread goes on. The
// chosen thread performs its pending operation and runs to its next one, alone. The kernel knows no
// strategy and a strategy knows no kernel: it sees numbers that are the same in every flavour and
// in every run of the same schedule (never an address to order by, never real time).
//
// Life of a strategy object, one per campaign:
//
//   while (strategy.NewExecution(seed stream)) {           // false: nothing is left to explore
//     while (the program runs) index = strategy.Choose(point);
//     strategy.EndExecution(outcome);                      // also after a crash or a deadlock
//   }
//
// Rules for implementations:
//  - Calls come from inside the controlled process, on the stack of whichever simulated thread has
//    reached its point: use little stack (8 KiB), no thread_local, no lock, no I/O, no exception.
//  - `new`, `std::vector` and friends are fine in every call, the constructor included: inside a
//    strategy they are served from the kernel's own arena. That arena is shared memory, so a
//    strategy's state outlives the execution even when each execution is a forked child and dies of
//    SIGSEGV. Static or global mutable state would be lost: keep everything in the object.
//  - Deterministic: the same calls with the same random stream give the same choices.
//  - Only the standard library (these files are linked into other people's programs).
//
// Thread rule: one call at a time, never two at once.
#ifndef HEDDLE_SIM_PROTOCOL_STRATEGY_H_
#define HEDDLE_SIM_PROTOCOL_STRATEGY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/protocol/random.h"

namespace heddle::sim {

// What an operation is. Part of schedule files (by name, see OpKindName) and of the running hash:
// append only.
enum class OpKind : uint8_t {
  kNone = 0,
  // Threads. Object: the thread ended, joined or detached.
  kThreadCreate,  // one that failed is reported as a read
  kThreadStart,
  kThreadExit,
  kThreadJoin,
  kThreadDetach,
  // Atomics. A compare-exchange is announced as kAtomicRmw; one that failed is reported as a read.
  kAtomicLoad,
  kAtomicStore,
  kAtomicRmw,
  kFence,
  // Mutexes, spinlocks, pthread_once and function-local statics.
  kMutexLock,
  kMutexTryLock,
  kMutexTimedLock,
  kMutexUnlock,
  kMutexInit,
  kMutexDestroy,
  kReadLock,
  kWriteLock,
  kTryReadLock,
  kTryWriteLock,
  kTimedReadLock,
  kTimedWriteLock,
  kRwUnlock,
  kSpinLock,
  kSpinTryLock,
  kSpinUnlock,
  kOnce,
  kStaticGuard,  // the first pass through a function-local static
  // Condition variables. kCondWait releases the mutex (`second`) and sleeps; kCondWake is the
  // signalled thread's way out of the sleep (taking the mutex again is a kMutexLock of its own).
  // A signal makes every thread that waited for it a candidate with kCondWake; the first one chosen
  // consumes it. So which waiter a signal wakes is the strategy's choice.
  kCondWait,
  kCondTimedWait,
  kCondWake,
  kCondTimeout,
  kCondSignal,
  kCondBroadcast,
  kCondDestroy,
  kBarrierWait,
  kBarrierWake,
  kSemWait,
  kSemTryWait,
  kSemTimedWait,
  kSemPost,
  kFutexWait,
  kFutexWake,   // FUTEX_WAKE and its like
  kFutexWoken,  // the woken thread's way out; chosen as for kCondWake
  // Time.
  kYield,         // sched_yield and its like: a hint that another thread should go on
  kSleep,         // announced before the sleep; with a deadline from then on
  kSleepEnd,      // the deadline has come
  kClockRead,     // moves the virtual clock by a microsecond
  kClockAdvance,  // the pseudo-choice: time jumps to the earliest deadline
  // Memory.
  kAllocate,
  kFree,
  kMemoryRead,  // only with preempt: memory
  kMemoryWrite,
  // Files. All of them touch one object: what makes a descriptor ready is not tracked further.
  kIo,      // cannot block: a write, a read with O_NONBLOCK, epoll_ctl, close...
  kIoWait,  // offered only when it will not block any more (epoll_wait, poll, a blocking read)
  kRandom,  // getrandom and its like: draws from the schedule's stream
  // The end of the process, while other threads are alive; orders itself against all they do.
  kExit,        // main has returned, or exit() was called: exit handlers and destructors come next.
                // Or exec, which ends all other threads if it succeeds
  kProcessEnd,  // they are done: nobody does anything after it
  // Signals that the program sends to itself (sim/runtime/interpose/signal_delivery.h).
  kSignalSend,     // raise and its like, arming a timer; creates a thread: what brings the signal
  kSignalArrive,   // all that such a thread does; orders itself against all that others do
  kSignalHandler,  // the handler begins, in place of the thread's pending operation
  kSignalWait,
  // pthread_cancel and pthread_testcancel. Object: the thread.
  kCancel,
  kCount,
};

// Whether it takes a lock, or tries to. A once flag and a static's guard are locks.
inline constexpr bool TakesLock(OpKind kind) {
  switch (kind) {
    case OpKind::kMutexLock:
    case OpKind::kMutexTryLock:
    case OpKind::kMutexTimedLock:
    case OpKind::kReadLock:
    case OpKind::kWriteLock:
    case OpKind::kTryReadLock:
    case OpKind::kTryWriteLock:
    case OpKind::kTimedReadLock:
    case OpKind::kTimedWriteLock:
    case OpKind::kSpinLock:
    case OpKind::kSpinTryLock:
    case OpKind::kOnce:
    case OpKind::kStaticGuard:
      return true;
    default:
      return false;
  }
}

// The name used in schedule files and messages, for example "mutex-lock".
const char* OpKindName(OpKind kind);

enum class Access : uint8_t { kNone, kRead, kWrite };

// Whether the operation may have to wait for other threads.
enum class Blocking : uint8_t { kNot, kTimed, kUnbounded };  // kTimed: for a deadline at most

// Objects are numbered in order of first touch within an execution: the same schedule gives the
// same numbers, in every run of one flavour. (Across flavours kinds and threads are equal; numbers
// may not be, where stack slots are reused differently.) They are kept only for a strategy that
// WantsObjects(); otherwise 0.
using ObjectId = uint32_t;
inline constexpr ObjectId kNoObject = 0;
inline constexpr ObjectId kClockObject = 1;  // virtual time
inline constexpr ObjectId kIoObject = 2;     // everything behind file descriptors
inline constexpr ObjectId kRandomObject = 3;

struct Operation {
  OpKind kind = OpKind::kNone;
  Access access = Access::kNone;
  Blocking blocking = Blocking::kNot;
  // Of an operation that is done: its thread waits now, until a deadline. So the time of the
  // operation is what the deadline counts from.
  bool sets_deadline = false;
  // Of an operation that is done, under a weak memory model. What it does with that which all
  // threads share beside its object: in c11 the order of the seq_cst operations (fences change it,
  // all others look at it), in tso which stores have left their buffers.
  Access shared_order = Access::kNone;
  // Likewise: it created a thread that knows all that one did which has ended (it has its slot).
  bool follows_exit = false;
  bool sees_all = false;        // it sees all that was stored before, whoever did
  uint32_t size = 0;            // bytes touched from `address` on (atomics, memory, free)
  ObjectId object = kNoObject;  // what it touches
  ObjectId second = kNoObject;  // kCondWait: the mutex it releases
  // For MayConflict() only: never order by them, never record them.
  uintptr_t address = 0;
  uintptr_t second_address = 0;
};

// Whether it comes before or after all that others do: the process's end, a signal (who can take
// it depends on what each thread has done), a cancellation.
inline bool OrderedAgainstAll(const Operation& operation) {
  return operation.sees_all || operation.kind == OpKind::kExit ||
         operation.kind == OpKind::kProcessEnd || operation.kind == OpKind::kSignalSend ||
         operation.kind == OpKind::kSignalArrive || operation.kind == OpKind::kCancel;
}

// Of an operation that is done: whether there is a thread more. (One that failed is a read.)
inline bool CreatesThread(const Operation& operation) {
  return (operation.kind == OpKind::kThreadCreate || operation.kind == OpKind::kSignalSend) &&
         operation.access != Access::kRead;
}

// Whether the order of the two can matter: they touch the same thing and one of them changes it.
// Conservative (may say yes too often), symmetric, and valid for two operations of one execution.
// Operations of one thread are ordered anyway and need no test.
inline bool MayConflict(const Operation& a, const Operation& b) {
  if (OrderedAgainstAll(a) || OrderedAgainstAll(b)) return true;
  if (a.shared_order != Access::kNone && b.shared_order != Access::kNone &&
      (a.shared_order == Access::kWrite || b.shared_order == Access::kWrite)) {
    return true;
  }
  if (a.access == Access::kNone || b.access == Access::kNone) return false;
  if (a.access == Access::kRead && b.access == Access::kRead) return false;
  const auto same = [](ObjectId x, ObjectId y) { return x != kNoObject && x == y; };
  const bool sizes = a.size != 0 && b.size != 0;
  if (!sizes && (same(a.object, b.object) || same(a.object, b.second) || same(a.second, b.object) ||
                 same(a.second, b.second))) {
    return true;
  }
  if (a.size == 0 && b.size == 0) return false;
  // Memory that is accessed or freed, and what lies there. An object without a size is known by its
  // first byte.
  const auto overlap = [](uintptr_t x, uint32_t x_size, uintptr_t y, uint32_t y_size) {
    return x != 0 && y != 0 && x < y + (y_size != 0 ? y_size : 1) &&
           y < x + (x_size != 0 ? x_size : 1);
  };
  return overlap(a.address, a.size, b.address, b.size) ||
         overlap(a.second_address, 0, b.address, b.size) ||
         overlap(a.address, a.size, b.second_address, 0);
}

// Whether a thread lets others go on by it: a yield, or the beginning of a sleep.
inline bool Yields(const Operation& operation) {
  return operation.kind == OpKind::kYield || operation.kind == OpKind::kSleep;
}

// Threads are numbered in order of creation, 0 is main; a number is never used twice in an
// execution.
using ThreadNumber = uint32_t;
inline constexpr ThreadNumber kClock = 0xFFFFFF;  // the pseudo-thread "advance the clock"
inline constexpr ThreadNumber kNoThread = 0xFFFFFE;

// A thread and what it will do when it is chosen. `next` stays valid until Choose() returns.
struct Candidate {
  ThreadNumber thread = kNoThread;
  const Operation* next = nullptr;
};

inline constexpr uint32_t kNoCandidate = 0xFFFFFFFF;

// What the strategy sees at one schedule point.
struct Point {
  uint64_t index = 0;  // counts from 0 within the execution
  // Who can go on, never empty: threads in ascending order of a stable slot (not of `thread`), and
  // last, if any thread or timer has a deadline, the clock (thread == kClock). At a point with one
  // candidate Choose() is called too, so that a strategy sees every operation; the answer is then
  // 0.
  std::span<const Candidate> candidates;
  // Alive but not able to go on now (a held mutex, an empty semaphore, a sleep...).
  std::span<const Candidate> blocked;
  // Position in `candidates` of the thread that ran last, or kNoCandidate when it is blocked, at
  // its end, or when the clock moved. Choosing anything else here is a preemption.
  uint32_t current = kNoCandidate;
  // The step before this one: who ran (kClock for the clock, kNoThread at the first point), and
  // what it turned out to do (a failed compare-exchange or trylock is a read).
  ThreadNumber last_thread = kNoThread;
  Operation last;
};

// How many of the candidates are threads: all but the clock, which comes last.
inline uint32_t ThreadsOf(const Point& point) {
  const auto count = static_cast<uint32_t>(point.candidates.size());
  return count > 0 && point.candidates[count - 1].thread == kClock ? count - 1 : count;
}

// Under a weak memory model: an operation that could read, or be put behind, several stores of its
// location in modification order. 0 is the newest, 1 the one before it...
inline constexpr uint32_t kMaxReadable = 16;
struct StoreChoice {
  ThreadNumber thread = kNoThread;
  const Operation* operation = nullptr;  // the one just chosen: an atomic load, store or update
  uint32_t count = 0;                    // from 2 to kMaxReadable
  uint32_t stale_reads = 0;              // in a row, of this thread at this place, before this one
  bool last_fails = false;  // the last choice is no store: a weak compare-exchange fails by itself
};

// How an execution ended, as far as a strategy can use it.
enum class ExecutionEnd : uint8_t {
  kComplete,   // ran to its end
  kFinding,    // deadlock, failed assertion, crash, sanitizer report...
  kAbandoned,  // the strategy asked for it (Choose returned kAbandon), or plain accesses were no
               // points any more (kMaxPointsWithAccesses)
};

// Counts a strategy wants shown; copied out after every execution. Zero when it has none.
struct StrategyProgress {
  uint64_t executions = 0;       // explored, the abandoned ones not counted
  uint64_t abandoned = 0;        // found to repeat an equivalent execution and cut short
  uint64_t bounded = 0;          // choices left out because of a bound (0: the search is complete)
  uint64_t stores_left_out = 0;  // of these: loads that could have read what was not offered
  // In one execution, at most. (0: not counted.)
  uint32_t threads = 0;
  uint32_t steps = 0;
  bool exhausted = false;  // NewExecution() has said false, or would
};

// Choose() may answer this instead of a position: the execution is equivalent to one already seen
// (a sleep set covers every candidate), or otherwise not worth finishing. The kernel then ends it
// without a finding, as ExecutionEnd::kAbandoned.
inline constexpr uint32_t kAbandon = 0xFFFFFFFE;

struct ExecutionPlan;  // campaign.h

class Strategy {
 public:
  virtual ~Strategy() = default;

  // A new execution begins. `random` is seeded from (campaign seed, number of the execution) and
  // belongs to this execution; copy it. False when there is nothing left to explore.
  virtual bool NewExecution(const Random& random) = 0;

  // The position in point.candidates of who goes on (or kAbandon). The kernel overrules a choice
  // only by offering a single candidate: when a runnable thread has been passed over for
  // kMaxPassedOver points, or a deadline for kMaxClockPassedOver points (see
  // sim/runtime/bounds.h), it alone is offered.
  virtual uint32_t Choose(const Point& point) = 0;

  // The answer to `choice`, below choice.count. Called after Choose(), for the operation chosen.
  virtual uint32_t ChooseStore(const StoreChoice& choice) {
    (void)choice;
    return 0;
  }
  // A load could read stores that are not offered: too old to be kept, or too many old ones in a
  // row. For strategies that say whether they have seen everything.
  virtual void StoresLeftOut() {}

  // Nobody can run and there is no deadline: the execution ends in a deadlock. `point` as for
  // Choose(), with no candidate: who waits for what. (Without this a strategy would never see the
  // operation that the last thread to run is stuck at.)
  virtual void Stuck(const Point& point) { (void)point; }

  // The execution is over; the last operation performed was `last_thread`'s `last`.
  virtual void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) {
    (void)end, (void)last_thread, (void)last;
  }

  // True when Operation::object is needed (costs a few ns a point). Constant for the object's life.
  virtual bool WantsObjects() const { return false; }

  virtual StrategyProgress Progress() const { return {}; }

  // How the execution that has begun is to run; null: as the campaign says. Asked after
  // NewExecution().
  virtual const ExecutionPlan* Plan() const { return nullptr; }
  // Before EndExecution(), when coverage is kept: how many pairs of operations (coverage.h) no
  // execution has shown before, and whether none had this order. For strategies that learn from it.
  virtual void News(uint32_t fresh_pairs, bool fresh_order) {
    (void)fresh_pairs, (void)fresh_order;
  }

  // What it has learnt, for a later campaign with the same program, in `room`: how many words; 0:
  // nothing, or more than there is room for. Between executions. Changes nothing.
  virtual size_t Keep(std::span<uint64_t> room) {
    (void)room;
    return 0;
  }
  // Goes on from what another object with the same parameters has kept. Before the first execution.
  // The words may be anything; false: they are not that, and this object is of no use any more.
  virtual bool TakeUp(std::span<const uint64_t> kept) {
    (void)kept;
    return false;
  }

  // A number for the partial order of the last execution's operations, equal for equivalent
  // executions; 0 when it is not kept (sim/runtime/strategies/order.h keeps it).
  virtual uint64_t Order() const { return 0; }
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_STRATEGY_H_
