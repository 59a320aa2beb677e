// <threads.h> (C11, 7.26). In glibc these call the POSIX functions from within, past every
// interposer; here they are led back to them, whose rules and limits are theirs. Their types are
// the POSIX types under other names (glibc 2.28 and later). Works outside control too.
#include <pthread.h>
#include <sched.h>
#include <threads.h>
#include <time.h>

#include <cerrno>
#include <cstdint>

#include "sim/runtime/interpose/interpose.h"

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(once_flag) == sizeof(pthread_once_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t) && sizeof(tss_t) == sizeof(pthread_key_t));

namespace {

pthread_mutex_t* Posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* Posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

int Code(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

}  // namespace

INTERPOSE(int, thrd_create, thrd_t* thread, thrd_start_t function, void* argument) {
  // The result is the low half of the register that a pointer comes back in.
  return Code(
      pthread_create(thread, nullptr, reinterpret_cast<void* (*)(void*)>(function), argument));
}
INTERPOSE(int, thrd_join, thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (error == 0 && result != nullptr) {
    *result = static_cast<int>(reinterpret_cast<intptr_t>(value));
  }
  return Code(error);
}
INTERPOSE(int, thrd_detach, thrd_t thread) { return Code(pthread_detach(thread)); }
INTERPOSE(void, thrd_exit, int result) {
  pthread_exit(reinterpret_cast<void*>(static_cast<intptr_t>(result)));
}
INTERPOSE(void, thrd_yield, ) { sched_yield(); }
INTERPOSE(int, thrd_sleep, const timespec* duration, timespec* remaining) {
  const int error = clock_nanosleep(CLOCK_REALTIME, 0, duration, remaining);
  return error == 0 ? 0 : error == EINTR ? -1 : -2;
}

INTERPOSE(int, mtx_init, mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(
      &attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  return Code(pthread_mutex_init(Posix(mutex), &attributes));
}
INTERPOSE(void, mtx_destroy, mtx_t* mutex) { pthread_mutex_destroy(Posix(mutex)); }
INTERPOSE(int, mtx_lock, mtx_t* mutex) { return Code(pthread_mutex_lock(Posix(mutex))); }
INTERPOSE(int, mtx_trylock, mtx_t* mutex) { return Code(pthread_mutex_trylock(Posix(mutex))); }
INTERPOSE(int, mtx_unlock, mtx_t* mutex) { return Code(pthread_mutex_unlock(Posix(mutex))); }
INTERPOSE(int, mtx_timedlock, mtx_t* mutex, const timespec* deadline) {
  return Code(pthread_mutex_timedlock(Posix(mutex), deadline));
}

INTERPOSE(int, cnd_init, cnd_t* condition) {
  return Code(pthread_cond_init(Posix(condition), nullptr));
}
INTERPOSE(void, cnd_destroy, cnd_t* condition) { pthread_cond_destroy(Posix(condition)); }
INTERPOSE(int, cnd_signal, cnd_t* condition) { return Code(pthread_cond_signal(Posix(condition))); }
INTERPOSE(int, cnd_broadcast, cnd_t* condition) {
  return Code(pthread_cond_broadcast(Posix(condition)));
}
INTERPOSE(int, cnd_wait, cnd_t* condition, mtx_t* mutex) {
  return Code(pthread_cond_wait(Posix(condition), Posix(mutex)));
}
INTERPOSE(int, cnd_timedwait, cnd_t* condition, mtx_t* mutex, const timespec* deadline) {
  return Code(pthread_cond_timedwait(Posix(condition), Posix(mutex), deadline));
}

INTERPOSE(void, call_once, once_flag* flag, void (*function)()) {
  pthread_once(reinterpret_cast<pthread_once_t*>(flag), function);
}

INTERPOSE(int, tss_create, tss_t* key, tss_dtor_t destructor) {
  return Code(pthread_key_create(key, destructor));
}
INTERPOSE(void, tss_delete, tss_t key) { pthread_key_delete(key); }
INTERPOSE(void*, tss_get, tss_t key) { return pthread_getspecific(key); }
INTERPOSE(int, tss_set, tss_t key, void* value) { return Code(pthread_setspecific(key, value)); }
