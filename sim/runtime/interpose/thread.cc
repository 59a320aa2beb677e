// Threads: create, join, detach, exit; what runs at a thread's end (thread_local destructors,
// keys); and the reuse of finished threads in det.
//
// A simulated thread is a real pthread with real TLS. Everything of the program's that runs at its
// end (thread_local destructors, key destructors) runs under control, before its own kernel thread
// gets the context back to do libc's and the sanitizer's part. In det the kernel thread is not
// ended but kept for the next pthread_create() with default attributes: its TLS is set back to its
// initial image, as far as it is not libc's own.
#include "sim/runtime/interpose/thread.h"

#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unwind.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/timers.h"

extern "C" __attribute__((weak)) void __asan_handle_no_return();

HEDDLE_REAL(pthread_create, int, pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)
HEDDLE_REAL(pthread_join, int, pthread_t, void**)
HEDDLE_REAL(pthread_tryjoin_np, int, pthread_t, void**)
HEDDLE_REAL(pthread_timedjoin_np, int, pthread_t, void**, const timespec*)
HEDDLE_REAL(pthread_clockjoin_np, int, pthread_t, void**, clockid_t, const timespec*)
HEDDLE_REAL(pthread_detach, int, pthread_t)
HEDDLE_REAL(pthread_exit, void, void*)
HEDDLE_REAL(pthread_cancel, int, pthread_t)
HEDDLE_REAL(pthread_kill, int, pthread_t, int)
HEDDLE_REAL(pthread_key_create, int, pthread_key_t*, void (*)(void*))
HEDDLE_REAL(pthread_key_delete, int, pthread_key_t)
HEDDLE_REAL(pthread_attr_getdetachstate, int, const pthread_attr_t*, int*)
HEDDLE_REAL(__cxa_thread_atexit_impl, int, void (*)(void*), void*, void*)
HEDDLE_REAL(exit, void, int)

namespace heddle::sim::runtime {

namespace {

constexpr size_t kHomeStackSize = 64 << 10;
constexpr uint32_t kMaxThreadsKept = 1 << 16;
constexpr int kMaxKeys = 1024;
constexpr int kDestructorRounds = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS

// Every thread that may still be joined, in order of creation; finished pooled ones apart.
constinit Thread* known[kMaxThreadsKept] = {};
constinit uint32_t known_count = 0;
constinit Thread* pool[kMaxLiveThreads] = {};
constinit uint32_t pool_count = 0;
constinit Thread* spare[kMaxLiveThreads] = {};  // Thread objects whose kernel thread is gone
constinit uint32_t spare_count = 0;

constinit void (*key_destructors[kMaxKeys])(void*) = {};
constinit int key_end = 0;

Thread* FindThread(pthread_t handle) {
  for (uint32_t i = known_count; i-- > 0;) {
    if (known[i]->handle == handle) return known[i];
  }
  return nullptr;
}

void Remember(Thread* thread) {
  if (known_count == kMaxThreadsKept) {
    Fail(FailureKind::kLimit, "more than %u threads not joined", kMaxThreadsKept);
  }
  known[known_count++] = thread;
}

void Forget(Thread* thread) {
  for (uint32_t i = 0; i < known_count; ++i) {
    if (known[i] != thread) continue;
    memmove(known + i, known + i + 1, (known_count - i - 1) * sizeof known[0]);
    --known_count;
    break;
  }
}

}  // namespace

// Joined or detached, and finished: the object can serve again.
void Recycle(Thread* thread) {
  Forget(thread);
  thread->finished = false;
  if (thread->pooled) {
    if (pool_count < kMaxLiveThreads) pool[pool_count++] = thread;
  } else if (spare_count < kMaxLiveThreads) {
    spare[spare_count++] = thread;
  }
}

namespace {

void RunExitCalls(Thread* self) {
  while (ThreadExitCall* call = self->exit_calls) {
    self->exit_calls = call->next;
    void (*function)(void*) = call->function;
    void* argument = call->argument;
    ArenaFree(call);
    function(argument);
  }
}

void RunKeyDestructors() {
  for (int round = 0; round < kDestructorRounds; ++round) {
    bool again = false;
    for (int key = 0; key < key_end; ++key) {
      void (*destructor)(void*) = key_destructors[key];
      if (destructor == nullptr) continue;
      void* value = pthread_getspecific(static_cast<pthread_key_t>(key));
      if (value == nullptr) continue;
      pthread_setspecific(static_cast<pthread_key_t>(key), nullptr);
      destructor(value);
      again = true;
    }
    if (!again) return;
  }
}

// --- TLS images, to start a kept thread afresh ---
struct TlsImage {
  int64_t offset;  // of the block from the thread pointer
  const void* image;
  size_t image_size;
  size_t size;
};
constinit TlsImage tls_images[16] = {};
constinit int tls_image_count = -1;

int AddTlsImage(dl_phdr_info* info, size_t, void*) {
  if (info->dlpi_tls_data == nullptr || strstr(info->dlpi_name, "libc.so") != nullptr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_TLS || tls_image_count == 16) continue;
    tls_images[tls_image_count++] = {
        static_cast<int64_t>(reinterpret_cast<uint64_t>(info->dlpi_tls_data) - ReadFsBase()),
        reinterpret_cast<const void*>(info->dlpi_addr + header.p_vaddr), header.p_filesz,
        header.p_memsz};
  }
  return 0;
}

void ResetTls(Thread* self) {
  if (tls_image_count < 0) {
    tls_image_count = 0;
    dl_iterate_phdr(AddTlsImage, nullptr);
  }
  Thread* saved = tls_self;
  char* base = reinterpret_cast<char*>(self->context.fs_base);
  for (int i = 0; i < tls_image_count; ++i) {
    const TlsImage& image = tls_images[i];
    memcpy(base + image.offset, image.image, image.image_size);
    memset(base + image.offset + image.image_size, 0, image.size - image.image_size);
  }
  // This very module's TLS is among them.
  asm volatile("" ::: "memory");
  tls_self = saved;
  errno = 0;
}

// --- Running a thread's function; pthread_exit comes back to here ---

__attribute__((noinline)) void RunFunction(Thread* self) {
  self->exit_frame = __builtin_frame_address(0);
  if (__builtin_setjmp(self->exit_jump) == 0) {
    self->result = self->function(self->argument);
  } else {
    self = tls_self;
  }
  self->exit_frame = nullptr;
}

_Unwind_Reason_Code StopAtThreadStart(int, _Unwind_Action actions, _Unwind_Exception_Class,
                                      _Unwind_Exception*, _Unwind_Context* context, void* frame) {
  // The frame that called the thread's function lies above (at a higher address than) all others.
  if ((actions & _UA_END_OF_STACK) != 0 ||
      _Unwind_GetCFA(context) > reinterpret_cast<uintptr_t>(frame)) {
    __builtin_longjmp(tls_self->exit_jump, 1);
  }
  return _URC_NO_REASON;
}

void RunThread(Thread* self) {
  RunFunction(self);
  RunExitCalls(self);
  RunKeyDestructors();
  PointOn(self, OpKind::kThreadExit, Access::kWrite, kNoObject);
}

// The kernel thread's own function. The first half runs on the kernel thread; from the park on the
// carrier runs this context.
void* ThreadMain(void* raw) {
  Thread* self = static_cast<Thread*>(raw);
  self->kernel_id = KernelThreadId();
  self->context.end_word = EndWord();
  if (kernel.carrier.baton) {
    ParkForBaton(&self->context);
  } else {
    ParkForAdoption(&self->context, self->home_stack + kHomeStackSize - 64);
  }
  for (;;) {
    if (LeftSomething()) AfterSwitch();
    tls_self = self;
    SetFaultless(self->faultless);
    RunThread(self);
    if (self->pooled) ResetTls(self);
    void* result = self->result;
    const bool pooled = self->pooled;
    tls_self = nullptr;
    FinishThread(self);
    // Not pooled: back at home, on the own kernel thread. Pooled: chosen again, as a new thread.
    if (!pooled) return result;
  }
}

bool DefaultAttributes(const pthread_attr_t* attributes) {
  if (attributes == nullptr) return true;
  pthread_attr_t standard;
  pthread_attr_init(&standard);
  size_t size = 0, wanted = 0;
  void* address = nullptr;
  pthread_attr_getstacksize(&standard, &wanted);
  pthread_attr_destroy(&standard);
  pthread_attr_getstack(attributes, &address, &size);
  size_t stack = 0;
  pthread_attr_getstacksize(attributes, &stack);
  return stack == wanted &&
         (address == nullptr || size == 0 || reinterpret_cast<uintptr_t>(address) + size == 0);
}

Thread* NewObject() {
  if (spare_count > 0) {
    Thread* thread = spare[--spare_count];
    char* home = thread->home_stack;
    *thread = Thread{};
    thread->home_stack = home;
    return thread;
  }
  Thread* thread = static_cast<Thread*>(ArenaAllocate(sizeof(Thread), 64));
  new (thread) Thread;
  thread->home_stack = reinterpret_cast<char*>(RawSyscall(
      SYS_mmap, 0, kHomeStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return thread;
}

void PrepareThread(Thread* thread, void* (*function)(void*), void* argument, bool detached) {
  thread->function = function;
  thread->argument = argument;
  thread->result = nullptr;
  thread->detached = detached;
  thread->timed_out = false;
  thread->ready = nullptr;
  thread->deadline = kNever;
  thread->wait_io = false;
  thread->queued = false;
  thread->held_count = 0;
  thread->exit_calls = nullptr;
  thread->pending = {};
  thread->faultless = Faultless();
}

int CreateThread(pthread_t* handle, const pthread_attr_t* attributes, void* (*function)(void*),
                 void* argument) {
  Thread* self = tls_self;
  const bool fails = FaultComes(self, FaultKind::kThread);
  PointOn(self, OpKind::kThreadCreate, Access::kNone, kNoObject);
  if (fails) return EAGAIN;
  Uncontrolled scope;
  int state = PTHREAD_CREATE_JOINABLE;
  if (attributes != nullptr) REAL(pthread_attr_getdetachstate)(attributes, &state);
  const bool detached = state == PTHREAD_CREATE_DETACHED;
  const bool standard = kRecycleThreads && DefaultAttributes(attributes);
  Thread* thread;
  if (standard && pool_count > 0) {
    thread = pool[--pool_count];
    PrepareThread(thread, function, argument, detached);
  } else {
    thread = NewObject();
    PrepareThread(thread, function, argument, detached);
    thread->pooled = standard;
    pthread_t created;
    // A kept thread must stay joinable as far as libc is concerned.
    const int error =
        REAL(pthread_create)(&created, standard ? nullptr : attributes, ThreadMain, thread);
    if (error != 0) return error;
    WaitUntilParked(&thread->context);
    thread->handle = created;
  }
  *handle = thread->handle;
  AddThread(thread);
  thread->pending = {OpKind::kThreadStart, Access::kNone, 0, kNoObject, kNoObject, 0};
  Remember(thread);
  return 0;
}

bool TargetFinished(Thread* self) { return static_cast<Thread*>(self->wait_data)->finished; }

// Joins `handle` once it has finished. ESRCH-like misuse is told apart by name.
int Join(pthread_t handle, void** result, int64_t deadline, bool wait) {
  Thread* self = tls_self;
  Thread* target = FindThread(handle);
  if (target == nullptr) {
    Fail(FailureKind::kMisuse, "join of a thread that is not alive or was joined or detached");
  }
  if (target->detached)
    Fail(FailureKind::kMisuse, "join of thread %u, which is detached", target->number);
  if (target == self) return EDEADLK;
  const void* address = reinterpret_cast<const void*>(ThreadAddress(target->number));
  self->wait_data = target;
  if (!wait) {
    AtPoint(self, OpKind::kThreadJoin, Access::kRead, address);
    if (!target->finished) return EBUSY;
  } else if (!WaitPoint(self, OpKind::kThreadJoin, Access::kRead, address, TargetFinished,
                        deadline)) {
    return ETIMEDOUT;
  }
  Uncontrolled scope;
  int error = 0;
  if (target->pooled) {
    if (result != nullptr) *result = target->result;
  } else {
    error = REAL(pthread_join)(handle, result);
  }
  Recycle(target);
  return error;
}

bool OthersFinished(Thread*) { return kernel.threads.alive == 1; }

}  // namespace

Thread* NewThread() { return NewObject(); }

// At the end of Run(): every thread has ended; what was never joined is a leak.
void WaitForOthers() {
  Thread* self = tls_self;
  if (kernel.threads.alive > 1) {
    self->wait_data = nullptr;
    while (kernel.threads.alive > 1) {
      WaitPoint(self, OpKind::kThreadJoin, Access::kRead, nullptr, OthersFinished);
    }
  }
}

uint32_t LeakedThreads(ThreadNumber* first) {
  uint32_t leaked = 0;
  for (uint32_t i = 0; i < known_count; ++i) {
    if (known[i]->detached) continue;
    if (leaked++ == 0) *first = known[i]->number;
  }
  return leaked;
}

void ResetThreads() {
  while (known_count > 0) {
    Thread* thread = known[known_count - 1];
    if (!thread->finished) break;
    if (!thread->pooled) REAL(pthread_join)(thread->handle, nullptr);
    Recycle(thread);
  }
  // The pool's order is part of the state an execution starts from (which thread gets which stack).
  for (uint32_t i = 1; i < pool_count; ++i) {
    Thread* thread = pool[i];
    uint32_t j = i;
    for (; j > 0 && pool[j - 1]->kernel_id < thread->kernel_id; --j) pool[j] = pool[j - 1];
    pool[j] = thread;
  }
}

void* FindNext(const char* name, const char* version) {
  void* symbol = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
  return symbol;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_create, pthread_t* handle, const pthread_attr_t* attributes,
          void* (*function)(void*), void* argument) {
  if (HEDDLE_SELF == nullptr) return REAL(pthread_create)(handle, attributes, function, argument);
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
  return Join(handle, result, deadline ? DeadlineOf(CLOCK_REALTIME, deadline) : kNever, true);
}

INTERPOSE(int, pthread_clockjoin_np, pthread_t handle, void** result, clockid_t clock,
          const timespec* deadline) {
  if (tls_self == nullptr) return REAL(pthread_clockjoin_np)(handle, result, clock, deadline);
  return Join(handle, result, deadline ? DeadlineOf(clock, deadline) : kNever, true);
}

INTERPOSE(int, pthread_detach, pthread_t handle) {
  if (HEDDLE_SELF == nullptr) return REAL(pthread_detach)(handle);
  Thread* target = FindThread(handle);
  if (target == nullptr || target->detached) {
    Fail(FailureKind::kMisuse, "detach of a thread that is not alive, was joined or is detached");
  }
  AtPoint(tls_self, OpKind::kThreadDetach, Access::kWrite,
          reinterpret_cast<const void*>(ThreadAddress(target->number)));
  Uncontrolled scope;
  target->detached = true;
  const int error = target->pooled ? 0 : REAL(pthread_detach)(handle);
  if (target->finished) Recycle(target);
  return error;
}

// Unwinds to the thread's start, running destructors, as glibc's does (which would run the rest of
// the thread's end on the carrier).
INTERPOSE(void, pthread_exit, void* result) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && self->number == 0) Unmodelled("pthread_exit from the main thread");
  if (self == nullptr || self->exit_frame == nullptr) {
    REAL(pthread_exit)(result);
    __builtin_unreachable();
  }
  self->result = result;
  if (__asan_handle_no_return != nullptr) __asan_handle_no_return();
  static thread_local _Unwind_Exception exception;
  exception = {};
  _Unwind_ForcedUnwind(&exception, StopAtThreadStart, self->exit_frame);
  Fail(FailureKind::kUnmodelled, "pthread_exit could not unwind the stack");
}

INTERPOSE(int, pthread_cancel, pthread_t handle) {
  if (tls_self == nullptr) return REAL(pthread_cancel)(handle);
  Unmodelled("pthread_cancel");
}

INTERPOSE(int, pthread_kill, pthread_t handle, int signal) {
  if (tls_self == nullptr || pthread_equal(handle, pthread_self()) || signal == 0) {
    return REAL(pthread_kill)(handle, signal);
  }
  Unmodelled("pthread_kill (a signal to another thread)");
}

INTERPOSE(int, pthread_key_create, pthread_key_t* key, void (*destructor)(void*)) {
  if (tls_self == nullptr && kernel.control == nullptr) {
    return REAL(pthread_key_create)(key, destructor);  // a sanitizer's own, while it starts
  }
  // Under control the kernel runs the destructors itself, at a thread's end, as points.
  const int error = REAL(pthread_key_create)(key, nullptr);
  if (error == 0 && *key < kMaxKeys) {
    key_destructors[*key] = destructor;
    if (static_cast<int>(*key) >= key_end) key_end = static_cast<int>(*key) + 1;
  }
  return error;
}

INTERPOSE(int, pthread_key_delete, pthread_key_t key) {
  if (tls_self != nullptr && key < kMaxKeys) key_destructors[key] = nullptr;
  return REAL(pthread_key_delete)(key);
}

// thread_local destructors register here (through libstdc++'s __cxa_thread_atexit).
INTERPOSE(int, __cxa_thread_atexit_impl, void (*function)(void*), void* argument, void* module) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || self->number == 0) {
    return REAL(__cxa_thread_atexit_impl)(function, argument, module);
  }
  auto* call = static_cast<ThreadExitCall*>(ArenaAllocate(sizeof(ThreadExitCall)));
  *call = {function, argument, self->exit_calls};
  self->exit_calls = call;
  return 0;
}
