// How ThreadSanitizer sees threads that are not kernel threads of their own (tsan; elsewhere
// nothing here does anything).
//
// In a worker (serve/worker.h) no kernel thread begins or ends. ThreadSanitizer must see the
// simulated threads begin, end and be joined all the same, and by the very calls of a fork: which
// accesses it remembers depends on how many events a thread has had. So its own pthread_create(),
// pthread_join() and pthread_detach() run as always, and what they call of libc comes to functions
// here: a "guest" is a kernel thread that was made in advance, unknown to ThreadSanitizer, whose
// context the carrier runs from ThreadSanitizer's beginning of a thread to its end.
//
// Its own thread in the background, which flushes its memory where its options ask for that, is not
// started in a fork: it would wait in the memory that a worker puts back.
//
// libc's table of a thread's thread_local storage, which it allocates when it makes a kernel
// thread, is hidden from ThreadSanitizer, for a guest has its own from before.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_THREADS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_THREADS_H_

#include <pthread.h>

#include <cstddef>

#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

#if defined(HEDDLE_FLAVOUR_TSAN)

// While one lives, the calling kernel thread is inside libc's pthread_create().
class MakesThread {
 public:
  MakesThread();
  ~MakesThread();
  MakesThread(const MakesThread&) = delete;
  MakesThread& operator=(const MakesThread&) = delete;
};
extern thread_local constinit bool tls_makes_thread;
inline bool InMakesThread() { return __builtin_expect(tls_makes_thread, 0); }
// Blocks that libc asks for meanwhile, of zeros; null: there is no room. Thread rule: as for
// threads' creation and end, one at a time.
void* AllocateForThread(size_t size);
bool IsForThread(const void* memory);
void* ReallocateForThread(void* memory, size_t size);
void FreeForThread(void* memory);

// While one lives, ThreadSanitizer makes no thread: around a fork of the server, in both processes.
class WithoutTsansThread {
 public:
  WithoutTsansThread();
  ~WithoutTsansThread();
  WithoutTsansThread(const WithoutTsansThread&) = delete;
  WithoutTsansThread& operator=(const WithoutTsansThread&) = delete;

 private:
  bool takes_part_;
};

// In a worker, once, before its guests are made. False: this ThreadSanitizer is not linked in such
// a way that it can be done.
bool TakeOverTsanThreads();
// The kernel thread's own function of `thread`, a guest.
void* GuestMain(void* thread);
// ThreadSanitizer's pthread_create(), called from one place: it notes where a thread was made, and
// its reports in a worker have the same stacks as in a fork.
int CreateNoted(pthread_t* handle, const pthread_attr_t* attributes, void* (*function)(void*),
                void* argument);
// Under control: ThreadSanitizer's pthread_create() for a guest, which sleeps in front of its
// function afterwards. As pthread_create() of `function` and `thread`.
int CreateGuest(Thread* thread, const pthread_attr_t* attributes, void* (*function)(void*));
// ThreadSanitizer's pthread_create() waits for its thread to begin. False: it does not, and the
// wait is somebody else's.
bool BeginAwaitedGuest();

#else

class MakesThread {
 public:
  MakesThread() {}  // not trivial: an unused variable is none to warn of
};
class WithoutTsansThread {
 public:
  WithoutTsansThread() {}  // likewise
};
constexpr bool InMakesThread() { return false; }
inline void* AllocateForThread(size_t) { return nullptr; }
constexpr bool IsForThread(const void*) { return false; }
inline void* ReallocateForThread(void*, size_t) { return nullptr; }
inline void FreeForThread(void*) {}
inline bool TakeOverTsanThreads() { return false; }
inline void* GuestMain(void*) { return nullptr; }
inline int CreateNoted(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) { return 0; }
inline int CreateGuest(Thread*, const pthread_attr_t*, void* (*)(void*)) { return 0; }
constexpr bool BeginAwaitedGuest() { return false; }

#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_THREADS_H_
