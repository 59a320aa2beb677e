// Threads: pthread_create, pthread_join and its timed forms, pthread_detach (POSIX.1-2017). How one
// ends by pthread_exit or a cancellation: cancel.cc.
//
// A simulated thread is a real pthread with real TLS. Everything of the program's that runs at its
// end (thread_locals.h) runs under control, before its own kernel thread gets the context back to
// do libc's and the sanitizer's part. Kernel threads are kept for new threads in det
// (thread_pool.h).
//
// Findings where POSIX says undefined and glibc tells nothing: join or detach of a thread that is
// not alive or was joined, or that another thread joins at the time. Of one that is alive and
// detached they fail, as glibc's do.
#include "sim/runtime/interpose/thread.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/early_threads.h"
#include "sim/runtime/core/fresh_stack.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/mutex.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/system_call_trap.h"
#include "sim/runtime/interpose/thread_locals.h"
#include "sim/runtime/interpose/thread_memory.h"
#include "sim/runtime/interpose/thread_pool.h"
#include "sim/runtime/interpose/tsan_threads.h"

HEDDLE_REAL(pthread_create, int, pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)
HEDDLE_REAL(pthread_join, int, pthread_t, void**)
HEDDLE_REAL(pthread_tryjoin_np, int, pthread_t, void**)
HEDDLE_REAL(pthread_timedjoin_np, int, pthread_t, void**, const timespec*)
HEDDLE_REAL(pthread_clockjoin_np, int, pthread_t, void**, clockid_t, const timespec*)
HEDDLE_REAL(pthread_detach, int, pthread_t)
HEDDLE_REAL(pthread_attr_getstacksize, int, const pthread_attr_t*, size_t*)
HEDDLE_REAL(pthread_attr_getdetachstate, int, const pthread_attr_t*, int*)

namespace heddle::sim::runtime {
namespace {

// --- Running a thread's function; its unwinding (cancel.h) comes back to here ---

__attribute__((noinline)) void RunFunction(Thread* self) {
  self->exit_frame = __builtin_frame_address(0);
  if (__builtin_setjmp(self->exit_jump) == 0) {
    HandlePending(self);  // sent to it before it began
    self->result = self->function(self->argument);
  } else {
    self = tls_self;
  }
  self->exit_frame = nullptr;
}

void RunThread(Thread* self) {
  RunFunction(self);
  RunThreadDestructors(self);
  AbandonRobustMutexes(self);
  AtPoint(self, OpKind::kThreadExit, Access::kWrite,
          reinterpret_cast<const void*>(ThreadAddress(self->number)));
}

// On the new kernel thread, until a carrier takes the context.
void ParkKernelThread(Thread* self) {
  self->kernel_id = KernelThreadId();
  self->context.end_word = EndWord();
  if (!kRecycleThreads) PrepareSanitizerThread();
  if (kernel.carrier.baton) {
    ParkForBaton(&self->context);
  } else {
    ReleaseTimeStampCounter();
    ParkForAdoption(&self->context, self->home_stack + kHomeStackSize - 64);
  }
}

// The kernel thread's own function. The first half runs on the kernel thread; from the park on the
// carrier runs this context. The carrier runs all of a guest's (tsan_threads.h).
void* ThreadMain(void* raw) {
  Thread* self = static_cast<Thread*>(raw);
  if (IsGuest(self)) {
    SwitchContext(self, kernel.threads.current);  // who made it goes on
  } else {
    ParkKernelThread(self);
  }
  for (;;) {
    if (LeftSomething()) AfterSwitch();
    tls_self = self;
    if (self->served && kRecycleThreads) ResetTls(self);
    self->served = true;
    BeginOwnState(self);
    if (kernel.carrier.baton) TrapSystemCalls();
    SetFaultless(self->faultless);
    ClearWhatIsBelow();
    RunThread(self);
    if (InChildProcess() && self == kernel.threads.main) {  // it has no kernel thread of its own
      WaitForOthers();
      exit(0);
    }
    ForgetThreadMemory(self);
    void* result = self->result;
    const bool ends = EndsForLibc(self);
    tls_self = nullptr;
    FinishThread(self);
    // Back at home, on the own kernel thread, or called to its end; else chosen again, as a new
    // thread.
    if (ends) return result;
  }
}

size_t StackSizeOf(const pthread_attr_t* attributes) {
  size_t size = 0;
  if (attributes != nullptr) {
    pthread_attr_getstacksize(attributes, &size);
    return size;
  }
  pthread_attr_t standard;
  pthread_attr_init(&standard);
  pthread_attr_getstacksize(&standard, &size);
  pthread_attr_destroy(&standard);
  return size;
}

bool GivesStack(const pthread_attr_t* attributes) {
  if (attributes == nullptr) return false;
  size_t size = 0;
  void* address = nullptr;
  pthread_attr_getstack(attributes, &address, &size);
  return address != nullptr && size != 0 && reinterpret_cast<uintptr_t>(address) + size != 0;
}

bool DefaultAttributes(const pthread_attr_t* attributes) {
  if (attributes == nullptr) return true;
  size_t stack = 0;
  pthread_attr_getstacksize(attributes, &stack);
  return stack == StackSizeOf(nullptr) && !GivesStack(attributes);
}

void PrepareThread(Thread* thread, void* (*function)(void*), void* argument, bool detached) {
  thread->function = function;
  thread->argument = argument;
  thread->result = nullptr;
  thread->detached = detached;
  thread->timed_out = false;
  thread->ready = nullptr;
  thread->deadline = kNever;
  thread->wait_io = thread->wait_room = false;
  thread->waiter = nullptr;
  thread->arrived = thread->offered = false;
  thread->on_signal = OnSignal::kGoesOn;
  thread->awaited_signals = 0;
  thread->defers_signals = false;
  thread->cancel_requested = thread->cancel_disabled = thread->cancel_async = false;
  thread->cancelling = thread->cancellable = false;
  thread->cleanup = nullptr;
  thread->held_count = 0;
  thread->exit_calls = nullptr;
  thread->pending = {};
  thread->faultless = Faultless();
  InheritOwnState(kernel.threads.current, thread);
}

// The thread sleeps at home. What libc and the sanitizer have left on its stack, or a thread that
// had it before, is gone; how much that was depends on who made the thread.
void ClearStackOf(const Thread* thread) {
  if (kernel.carrier.baton) return;  // it sleeps on this stack
  // Libc's own block lies at the stack's end, within the size; below it is a guard.
  constexpr size_t kEdge = 64 << 10;
  const auto end = reinterpret_cast<uintptr_t>(thread->context.stack_pointer);
  const uintptr_t low = thread->context.fs_base - thread->stack_size + kEdge;
  if (low < end) ClearStack(low, end);
}

// A kernel thread for a new object, asleep in front of its function. An error as from
// pthread_create; then there is no thread.
int StartKernelThread(Thread* thread, const pthread_attr_t* attributes) {
  pthread_t created;
  // A kept thread must stay joinable as far as libc is concerned.
  const MakesThread makes_thread;
  if (thread->pooled) attributes = nullptr;
  const int error = kIsTsan ? CreateNoted(&created, attributes, ThreadMain, thread)
                            : REAL(pthread_create)(&created, attributes, ThreadMain, thread);
  if (error != 0) return error;
  WaitUntilParked(&thread->context);
  if (!GivesStack(attributes)) ClearStackOf(thread);
  thread->handle = created;
  return 0;
}

int CreateThread(pthread_t* handle, const pthread_attr_t* attributes, void* (*function)(void*),
                 void* argument) {
  Thread* self = tls_self;
  const bool fails = FaultComes(self, FaultKind::kThread);
  PointOn(self, OpKind::kThreadCreate, Access::kNone, kNoObject);
  if (fails) {
    OnlyRead(self);
    return EAGAIN;
  }
  Uncontrolled scope;
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) REAL(pthread_attr_getdetachstate)(attributes, &state);
  const bool detached = state == PTHREAD_CREATE_DETACHED;
  const bool standard = DefaultAttributes(attributes);
  Thread* thread = standard ? TakePooledThread() : nullptr;
  const bool reused = thread != nullptr;
  // A kernel thread would outlive the execution.
  if (!reused && kernel.execution.leave_to_fork != nullptr) {
    if (standard) kernel.execution.leave_for_threads();
    kernel.execution.leave_to_fork("pthread_create(with attributes)");
  }
  if (!reused) thread = NewThread();
  PrepareThread(thread, function, argument, detached);
  int error = 0;
  if (IsGuest(thread)) {
    StackSizeOf(attributes);  // ThreadSanitizer sees it asked, as below
    error = CreateGuest(thread, attributes, ThreadMain);
    if (error == 0) ClearStackOf(thread);
  } else if (!reused) {
    thread->pooled = kRecycleThreads && standard;
    thread->stack_size = StackSizeOf(attributes);
    error = StartKernelThread(thread, attributes);
  }
  if (error != 0) {
    OnlyRead(self);
    return error;
  }
  *handle = thread->handle;
  AddThread(thread);
  if (kernel.request.weak) WeakStart(thread, self);
  thread->pending = {.kind = OpKind::kThreadStart};
  Remember(thread);
  return 0;
}

bool HasEnded(const Thread* thread) { return thread->finished || thread->ended; }
bool TargetFinished(Thread* self) { return HasEnded(static_cast<Thread*>(self->wait_data)); }

// By the rules of older schedules, join and detach of a thread that is detached are findings.
bool TellsAsGlibc() { return kernel.request.rules >= 9; }

// The thread that waits for `target` to end; null: none.
const Thread* JoinerOf(const Thread* target) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->ready == TargetFinished && thread->wait_data == target) {
      return thread;
    }
  }
  return nullptr;
}

// Why `target` cannot be joined; 0: it can.
int JoinError(const Thread* self, const Thread* target) {
  if (target->detached) {
    if (!TellsAsGlibc()) {
      Fail(FailureKind::kMisuse, "join of thread %u, which is detached", target->number);
    }
    return EINVAL;
  }
  return target == self ? EDEADLK : 0;
}

void CheckNobodyJoins(const Thread* target, const char* operation) {
  const Thread* joiner = TellsAsGlibc() ? JoinerOf(target) : nullptr;
  if (joiner == nullptr) return;
  Fail(FailureKind::kMisuse, "%s of thread %u, which thread %u joins", operation, target->number,
       joiner->number);
}

// Joins `handle` once it has finished. ESRCH-like misuse is told apart by name.
int Join(pthread_t handle, void** result, int64_t deadline, bool wait) {
  Thread* self = tls_self;
  Thread* target = FindThread(handle);
  if (target == nullptr) {
    Fail(FailureKind::kMisuse, "join of a thread that is not alive or was joined or detached");
  }
  if (const int error = JoinError(self, target); error != 0) {
    return !wait && !HasEnded(target) ? EBUSY : error;
  }
  CheckNobodyJoins(target, "join");
  const ThreadNumber number = target->number;
  const void* address = reinterpret_cast<const void*>(ThreadAddress(number));
  self->wait_data = target;
  if (!wait) {
    AtPoint(self, OpKind::kThreadJoin, Access::kRead, address);
    if (FindThread(handle) != target || target->number != number) {
      Fail(FailureKind::kMisuse, "join of thread %u, which was joined or detached", number);
    }
    if (!HasEnded(target)) return EBUSY;
  } else if (!WaitPoint(self, OpKind::kThreadJoin, Access::kRead, address, TargetFinished,
                        deadline)) {
    return ETIMEDOUT;
  }
  if (kernel.request.weak) WeakTake(self, address);
  Uncontrolled scope;
  int error = 0;
  if (target->ended) {  // main(): its kernel thread lives as long as the process
    if (result != nullptr) *result = target->result;
    return 0;
  }
  if (EndsForLibc(target)) {
    error = REAL(pthread_join)(handle, result);
  } else if (result != nullptr) {
    *result = target->result;
  }
  Recycle(target);
  return error;
}

int TimedJoin(pthread_t handle, void** result, clockid_t clock, const timespec* deadline) {
  if (deadline != nullptr && (!HasDeadlines(clock) || !ValidTime(deadline))) return EINVAL;
  return Join(handle, result, DeadlineOfOptional(clock, deadline), true);
}

bool OthersFinished(Thread*) { return kernel.threads.alive - kernel.threads.couriers == 1; }

}  // namespace

bool FillPool(uint32_t count) {
  KERNEL_CHECK(count <= kMaxLiveThreads, "so many threads fit");
  // The used top of each stack lies in a page table of its own, so that a look at which pages were
  // written passes over the rest at once.
  constexpr size_t kTable = size_t{2} << 20, kTop = size_t{64} << 10;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  size_t size = 0;
  LIBC(pthread_attr_getstacksize)(&attributes, &size);  // ThreadSanitizer must not see it
  size = (size + kTable - 1) & ~(kTable - 1);
  // The first frames and TLS share a page (core/hot.h): above them is libc's own block, of so many
  // bytes in glibc 2.36, which is hardly written to.
  constexpr size_t kAbove = 2368;
  const size_t stride = size + kTable;
  size += kAbove;
  const long region = RawSyscall(SYS_mmap, 0, static_cast<long>((count + 1) * stride), PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (SystemCallFailed(region)) return false;
  const size_t first = (static_cast<size_t>(region) + kTable - 1) & ~(kTable - 1);
  Thread* made[kMaxLiveThreads];
  for (uint32_t i = 0; i < count; ++i) {
    char* const low = reinterpret_cast<char*>(first + i * stride + kTop);
    RawSyscall(SYS_mprotect, reinterpret_cast<long>(low), static_cast<long>(size),
               PROT_READ | PROT_WRITE);
    pthread_attr_setstack(&attributes, low, size);
    Thread* thread = made[i] = NewThread();
    thread->pooled = true;
    thread->stack_size = size;
    pthread_t created;
    const MakesThread makes_thread;
    const int error = kIsTsan ? LIBC(pthread_create)(&created, &attributes, GuestMain, thread)
                              : REAL(pthread_create)(&created, &attributes, ThreadMain, thread);
    if (error != 0) return false;
    WaitUntilParked(&thread->context);
    ClearStackOf(thread);
    thread->handle = created;
  }
  pthread_attr_destroy(&attributes);
  for (uint32_t i = count; i-- > 0;) GivePooledThread(made[i]);
  return true;
}

void EndGuest(Thread* guest) { SwitchContext(kernel.threads.current, guest); }

void WaitForOthers() {
  Thread* self = tls_self;
  while (!OthersFinished(self)) {
    self->wait_data = nullptr;
    WaitPoint(self, OpKind::kThreadJoin, Access::kRead, nullptr, OthersFinished);
  }
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_create, pthread_t* handle, const pthread_attr_t* attributes,
          void* (*function)(void*), void* argument) {
  if (HEDDLE_SELF == nullptr) {
    EarlyThread* early = NoteEarlyThread(function, argument);
    if (early == nullptr) return REAL(pthread_create)(handle, attributes, function, argument);
    return REAL(pthread_create)(handle, attributes, RunEarlyThread, early);
  }
  return CreateThread(handle, attributes, function, argument);
}

INTERPOSE(int, pthread_join, pthread_t handle, void** result) {
  if (HEDDLE_SELF == nullptr) return REAL(pthread_join)(handle, result);
  return Join(handle, result, kNever, true);
}

INTERPOSE(int, pthread_tryjoin_np, pthread_t handle, void** result) {
  if (tls_self == nullptr) return REAL(pthread_tryjoin_np)(handle, result);
  return Join(handle, result, kNever, false);
}

INTERPOSE(int, pthread_timedjoin_np, pthread_t handle, void** result, const timespec* deadline) {
  if (tls_self == nullptr) return REAL(pthread_timedjoin_np)(handle, result, deadline);
  return TimedJoin(handle, result, CLOCK_REALTIME, deadline);
}

INTERPOSE(int, pthread_clockjoin_np, pthread_t handle, void** result, clockid_t clock,
          const timespec* deadline) {
  if (tls_self == nullptr) return REAL(pthread_clockjoin_np)(handle, result, clock, deadline);
  return TimedJoin(handle, result, clock, deadline);
}

INTERPOSE(int, pthread_detach, pthread_t handle) {
  if (HEDDLE_SELF == nullptr) return REAL(pthread_detach)(handle);
  Thread* target = FindThread(handle);
  if (target == nullptr || (target->detached && !TellsAsGlibc())) {
    Fail(FailureKind::kMisuse, "detach of a thread that is not alive, was joined or is detached");
  }
  const ThreadNumber number = target->number;
  AtPoint(tls_self, OpKind::kThreadDetach, Access::kWrite,
          reinterpret_cast<const void*>(ThreadAddress(number)));
  if (FindThread(handle) != target || target->number != number) {
    Fail(FailureKind::kMisuse, "detach of thread %u, which was joined or detached", number);
  }
  if (target->detached) return EINVAL;
  CheckNobodyJoins(target, "detach");
  Uncontrolled scope;
  target->detached = true;
  const int error = EndsForLibc(target) ? REAL(pthread_detach)(handle) : 0;
  if (target->finished) Recycle(target);
  return error;
}
