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

#include <pthread.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "sim/protocol/control.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/core/context.h"
#include "sim/runtime/runtime.h"

#if defined(HEDDLE_FLAVOUR_TSAN)
extern "C" void __tsan_func_entry(void* caller);
extern "C" void __tsan_func_exit();
#endif

namespace heddle::sim::runtime {

struct Thread;
using Ready = bool (*)(Thread*);

inline constexpr int64_t kNever = INT64_MAX;
inline constexpr uint32_t kMaxHeld = 64;

enum class HeldKind : uint8_t { kMutex, kRead, kWrite, kSpin, kOnce, kGuard };
struct Held {
  const void* address;
  HeldKind kind;
};

// A destructor registered with __cxa_thread_atexit.
struct ThreadExitCall {
  void (*function)(void*);
  void* argument;
  ThreadExitCall* next;
};

struct Thread {
  Context context;
  // Identity.
  ThreadNumber number = kNoThread;
  uint32_t slot = 0;
  int kernel_id = 0;
  pthread_t handle = 0;
  char* home_stack = nullptr;
  // Life.
  bool alive = false;     // started or about to, not finished
  bool finished = false;  // its function returned; waits to be joined
  bool detached = false;
  bool pooled = false;  // its kernel thread is kept for the next thread (det)
  bool enabled = false;
  uint32_t position = kNoCandidate;  // among the candidates
  bool timed_out = false;
  bool queued = false;    // waits in a WaitQueue
  bool eligible = false;  // a wake-up of that queue may go to it
  uint8_t errors = 0;
  void* (*function)(void*) = nullptr;
  void* argument = nullptr;
  void* result = nullptr;
  ThreadExitCall* exit_calls = nullptr;
  const void* caller = nullptr;  // of the interposed function it is in
  void* exit_frame = nullptr;    // frame that pthread_exit unwinds to
  void* exit_jump[5] = {};
  // The pending operation.
  Operation pending;
  OpKind timeout_kind = OpKind::kNone;  // what `pending` becomes when the deadline comes
  Ready ready = nullptr;                // null: can always go on
  const void* wait_address = nullptr;
  int64_t deadline = kNever;  // virtual ns since the start of the execution
  uint64_t wait_value = 0;    // for ready()
  void* wait_data = nullptr;  // for ready()
  bool wait_io = false;       // ready() depends on file descriptors
  uint64_t io_epoch = 0;      // when ready() was last asked
  uint64_t last_run = 0;      // point at which it ran or became enabled last
  int64_t last_run_ns = 0;
  uint32_t detail_frames = 0;  // of `pending`; with Kernel::details
  uint64_t detail_pcs[kMaxDetailFrames] = {};
  uint32_t held_count = 0;
  Held held[kMaxHeld] = {};
  bool faultless = false;  // it begins outside the faults' scope
  uint32_t fault_occasions[kFaultKinds] = {};
};

// The simulated thread whose TLS this is, while its operations are points; else null.
extern constinit thread_local Thread* tls_self __attribute__((tls_model("initial-exec")));

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

// Addresses of code: open addressing, at most half full, never 0.
class CodeSites {
 public:
  void Clear() {
    if (Any()) std::memset(table_, 0, sizeof table_);
    any_ = false;
  }
  void Add(uint64_t address) {
    any_ = true;
    for (uint32_t i = Hash(address); table_[i] != address; i = (i + 1) % kSize) {
      if (table_[i] != 0) continue;
      table_[i] = address;
      return;
    }
  }
  bool Any() const { return any_; }
  bool Has(const void* code) const {
    const auto address = reinterpret_cast<uint64_t>(code);
    for (uint32_t i = Hash(address); table_[i] != 0; i = (i + 1) % kSize) {
      if (table_[i] == address) return true;
    }
    return false;
  }

 private:
  static constexpr uint32_t kSize = 2 * kMaxSites;
  static uint32_t Hash(uint64_t address) {
    return static_cast<uint32_t>(address * 0x9E3779B97F4A7C15u >> 40) % kSize;
  }
  bool any_ = false;
  uint64_t table_[kSize] = {};
};

struct Kernel {
  Control* control = nullptr;
  Step* log = nullptr;
  ObjectId* object_log = nullptr;  // null: not kept
  uint64_t log_capacity = 0;
  StepDetail* details = nullptr;  // null: not kept
  uint64_t detail_capacity = 0;
  const Step* replay = nullptr;
  uint64_t replay_steps = 0;
  Strategy* strategy = nullptr;
  bool active = false;  // an execution is under way
  bool baton = false;
  bool memory_points = false;  // accesses are points, all or those at `sites`
  CodeSites sites;
  bool objects = false;
  bool dirty = true;       // the candidate lists must be rebuilt
  bool in_run = false;     // by Run(): the process lives on after the execution
  bool abandoned = false;  // in Run(): the strategy gave this execution up
  bool report_leaks = true;
  int process = 0;
  int carrier = 0;
  uint64_t step_budget = kDefaultStepBudget;
  uint64_t stop_at = kNoStop;             // as in Control
  uint64_t look_up = kDefaultStepBudget;  // the earlier of the two
  bool stopping = false;                  // whoever gets control next stops for the debugger

  Thread* current = nullptr;
  Thread* leaving = nullptr;    // finished; its kernel thread exits next
  Thread* capturing = nullptr;  // who collects stacks (deadlock reports)
  ThreadReport* capture_into = nullptr;

  // Alive threads by slot; slots are reused, lowest first.
  Thread* slots[kMaxLiveThreads] = {};
  uint32_t slot_end = 0;
  uint32_t alive = 0;
  ThreadNumber next_number = 0;
  uint32_t waiting = 0;  // threads with a ready()
  uint32_t io_waiting = 0;

  Candidate candidates[kMaxLiveThreads + 1];
  Thread* candidate_threads[kMaxLiveThreads + 1] = {};
  uint32_t candidate_count = 0;
  Candidate blocked[kMaxLiveThreads];
  uint32_t blocked_count = 0;

  uint64_t points = 0;
  uint64_t switches = 0;
  uint64_t hash = kHashStart;
  // What the strategy is shown; kept up to date piece by piece (the lists by Rebuild()).
  Point view;
  Thread* forced = nullptr;
  uint64_t forced_until = 0;
  bool clock_forced = false;
  bool clock_held = false;  // there is a deadline, but a thread would be overtaken too far

  int64_t max_overtaken = static_cast<int64_t>(kMaxOvertakenNs);
  // Virtual time that passed over threads that could run, less what their points have paid off
  // since `debt_since`; see kMaxClockDebtNs.
  int64_t clock_debt = 0;
  uint64_t debt_since = 0;
  int64_t now = 0;  // virtual ns since the start
  int64_t earliest_deadline = kNever;
  uint64_t deadline_since = 0;  // point at which it became so
  uint64_t io_epoch = 1;
  Random program_random;
  Operation clock_operation;

  bool faults = false;  // some may come
  Random fault_random;
  uint64_t fault_occasions[kFaultKinds] = {};
};
extern constinit Kernel k;

inline Thread* Self() { return tls_self; }
// Whether a context that got control has something to do first: AfterSwitch().
inline bool LeftSomething() { return k.leaving != nullptr || k.capturing != nullptr || k.stopping; }

// --- Points ---
void Schedule(Thread* self);

inline void Announce(Thread* self, OpKind kind, Access access, const void* address,
                     uint32_t size = 0) {
  k.view.last = self->pending;
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
  if (k.objects) self->pending.object = ObjectOf(self->pending.address);
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
  ++k.io_epoch;
  if (k.io_waiting != 0) k.dirty = true;
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
  return ns > kNever - 1 - k.now ? kNever - 1 : k.now + ns;
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
  return __builtin_expect(k.faults, 0) && DecideFault(self, kind);
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
[[noreturn]] void Fail(FindingKind kind, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
[[noreturn]] void Unmodelled(const char* operation);
void CaptureStack(ThreadReport* report);
// Where the running thread is with its pending operation, for the details.
void CapturePending(Thread* self);
// A sanitizer reports.
void NoteSanitizerReport();
void FillModules();

// --- Debuggers ---
// A step's thread stops here before its operation; k.points - 1 is the step.
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

Strategy* MakeReplay(const Step* steps, uint64_t count, bool open_end);
Strategy* MakeDirected(const Switch* switches, uint64_t count);

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
