// A simulated thread.
//
// Objects come from NewThread() (interpose/thread.h) and are used again for later threads. Between
// AddThread() and FinishThread() a thread is alive: it has a slot, a number, and is either enabled
// or has a ready() that says what it waits for. Written by the thread that has control only, but
// for `context`, which its own kernel thread writes until it has parked.
#ifndef HEDDLE_SIM_RUNTIME_CORE_THREAD_H_
#define HEDDLE_SIM_RUNTIME_CORE_THREAD_H_

#include <pthread.h>
#include <signal.h>

#include <cstdint>

#include "sim/protocol/control.h"
#include "sim/protocol/faults.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/core/context.h"
#include "sim/runtime/core/own_state.h"

namespace heddle::sim::runtime {

struct QueueWaiter;
struct Thread;
// Whether a waiting thread could go on now. Asked on any simulated thread that has control, so it
// reads only what every thread may read; it must not change anything.
using Ready = bool (*)(Thread*);

inline constexpr int64_t kNever = INT64_MAX;
inline constexpr uint64_t kNotPassedOver = UINT64_MAX;
// Locks of one thread that reports can name: several times the deepest nesting that programs have.
// More are counted, not named.
inline constexpr uint32_t kMaxHeld = 64;

// Atomics that a thread has read without acquiring, for its acquire fences (tsan_fences.h): more
// than a loop over the state of a lock or a queue reads.
inline constexpr uint32_t kMaxUnacquired = 16;

enum class HeldKind : uint8_t { kMutex, kRead, kWrite, kSpin, kOnce, kGuard };
struct Held {
  const void* address;
  HeldKind kind;
  const void* caller;  // of the function that took it
};

struct SignalTimer;

// What becomes of a wait behind a signal handler that ran meanwhile.
enum class OnSignal : uint8_t {
  kGoesOn,    // goes on as if nothing had happened
  kRestarts,  // ends (EINTR) unless the handler has SA_RESTART
  kReturns,   // ends
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
  uint32_t view = 0;  // under a weak memory model (weak_threads.h)
  int kernel_id = 0;
  pthread_t handle = 0;
  char* home_stack = nullptr;
  size_t stack_size = 0;  // of the stack that ends at context.fs_base; 0: thread 0's
  // Life.
  bool alive = false;     // started or about to, not finished
  bool finished = false;  // its function returned; waits to be joined
  bool detached = false;
  // It may still be joined (thread_pool.cc).
  bool known = false;
  Thread* older = nullptr;
  Thread* newer = nullptr;
  // Of the root's thread for one of a child process (child_processes.h): the child's position in
  // the table, from 1, and its slot there.
  uint32_t child_process = 0;
  uint32_t child_slot = 0;
  bool pooled = false;  // its kernel thread does not end with it (det, and in a worker)
  bool served = false;  // ... and it has run a thread before
  bool enabled = false;
  uint32_t position = kNoCandidate;  // among the candidates
  bool timed_out = false;
  QueueWaiter* waiter = nullptr;  // its place in a wait queue (wait_queue.h)
  void* (*function)(void*) = nullptr;
  void* argument = nullptr;
  void* result = nullptr;
  ThreadExitCall* exit_calls = nullptr;
  const void* caller = nullptr;  // of the interposed function it is in
  // The program's code that made the system call it is in; null: it is in none.
  const void* raw_caller = nullptr;
  void* exit_frame = nullptr;  // frame that pthread_exit unwinds to
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
  bool wait_room = false;     // for room to write, in a pipe or a socket
  uint64_t io_epoch = 0;      // when ready() was last asked
  uint64_t last_run = 0;      // point at which it ran or became enabled last
  // Point at which it could go on first since it ran last, though others may have taken that away
  // from it again; kNotPassedOver when it could not.
  uint64_t passed_over_since = 0;
  int64_t last_run_ns = 0;
  uint32_t detail_frames = 0;  // of `pending`; with kernel.log.details
  uint64_t detail_pcs[kMaxDetailFrames] = {};
  uint32_t held_count = 0;
  Held held[kMaxHeld] = {};
  const volatile void* unacquired[kMaxUnacquired] = {};  // a ring
  uint32_t unacquired_count = 0;
  bool has_released = false;  // by a fence
  bool faultless = false;     // it begins outside the faults' scope
  bool ended = false;         // main(): has left by pthread_exit(), and waits for the others
  // Signals (interpose/signal_delivery.h).
  bool arrived = false;  // it handles `arrived_info` when it is chosen next
  siginfo_t arrived_info = {};
  bool offered = false;  // likewise, but the first thread chosen that it is offered to takes it
  Operation interrupted_operation;        // what was pending then
  uint64_t awaited_signals = 0;           // by sigwait() and its like
  const uint64_t* mask_behind = nullptr;  // of a wait that has a mask of its own: the one behind it
  OnSignal on_signal = OnSignal::kGoesOn;  // of the wait that begins, or that it is in
  bool interrupted = false;                // a handler has ended its last wait
  bool restarts = false;                   // the handler that ran last has SA_RESTART
  bool defers_signals = false;             // it handles them when it has what it waits for
  // A courier brings a signal to a thread, or for a timer. It has no kernel thread and no stack.
  bool is_courier = false;
  Thread* courier_of = nullptr;
  int courier_signal = 0;
  SignalTimer* courier_timer = nullptr;
  uint32_t courier_child = 0;  // whose end it tells: as child_process
  // Cancellation (interpose/cancel.h).
  bool cancel_requested = false;
  bool cancel_disabled = false;
  bool cancel_async = false;
  bool cancelling = false;   // it unwinds its stack
  bool cancellable = false;  // waits at a cancellation point
  void* cleanup = nullptr;   // the innermost cleanup handler of C
  uint32_t fault_occasions[kFaultKinds] = {};
  OwnState own;
};

// The simulated thread whose TLS this is, while its operations are points; else null.
extern constinit thread_local Thread* tls_self __attribute__((tls_model("initial-exec")));

// For the compiler malloc() and its like see nothing of the program's memory, so it may leave out
// what is stored to tls_self around one. Ours do look there: behind a store that they must see, and
// in front of one that they must not.
inline void KeepStores() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

// Whether the thread was asked to end, and does not hold that off.
inline bool CancelDue(const Thread* thread) {
  return thread->cancel_requested && !thread->cancel_disabled && !thread->cancelling;
}

// What operations on the thread itself (join, detach) name as their address. Not a real one: the
// same in every flavour, different for every thread, and never that of an object.
inline uintptr_t ThreadAddress(ThreadNumber number) { return (uintptr_t{number} << 4) + 16; }

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_THREAD_H_
