// What the kernel reads of glibc's objects, to know whether a call would block or be misuse.
//
// Fields as of glibc 2.36 on x86-64 (sysdeps/nptl/bits/struct_mutex.h and struct_rwlock.h,
// nptl/pthreadP.h, nptl/sem_post.c, nptl/pthread_barrier_wait.c); the layouts are the same since
// 2.25, and part of glibc's ABI. They are read by whoever has control, while no thread is inside
// one of glibc's functions on the object: each value is one that such a function left.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_GLIBC_LAYOUT_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_GLIBC_LAYOUT_H_

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>

namespace heddle::sim::runtime {

static_assert(__GLIBC__ == 2 && __GLIBC_MINOR__ >= 25, "layouts are those of glibc since 2.25");

// --- pthread_mutex_t ---
static_assert(sizeof(pthread_mutex_t) == 40 && offsetof(pthread_mutex_t, __data.__lock) == 0 &&
              offsetof(pthread_mutex_t, __data.__kind) == 16);
// Not by an owner that ended (of a robust mutex): then no owner's number is left in the word.
inline bool MutexHeld(const pthread_mutex_t* mutex) {
  return (mutex->__data.__lock & FUTEX_TID_MASK) != 0;
}
// PTHREAD_MUTEX_ROBUST_NORMAL_NP is the bit that makes a kind robust.
inline bool MutexRobust(const pthread_mutex_t* mutex) { return (mutex->__data.__kind & 16) != 0; }
// PTHREAD_MUTEX_NORMAL, _RECURSIVE, _ERRORCHECK or _ADAPTIVE_NP.
inline int MutexType(const pthread_mutex_t* mutex) { return mutex->__data.__kind & 3; }
// pthread_mutex_destroy() leaves this kind.
inline bool MutexDestroyed(const pthread_mutex_t* mutex) { return mutex->__data.__kind == -1; }
// Bits that no kind has (PTHREAD_MUTEX_*_NP and the elision flags stay below).
inline bool MutexUninitialised(const pthread_mutex_t* mutex) {
  return (mutex->__data.__kind & ~0x3FF) != 0;
}

// --- pthread_rwlock_t ---
static_assert(sizeof(pthread_rwlock_t) == 56 && offsetof(pthread_rwlock_t, __data.__readers) == 0);
inline bool RwWriteLocked(const pthread_rwlock_t* lock) {
  return (lock->__data.__readers & 2) != 0;  // PTHREAD_RWLOCK_WRLOCKED
}
inline bool RwReadLocked(const pthread_rwlock_t* lock) {
  return lock->__data.__readers >> 3 != 0;  // PTHREAD_RWLOCK_READER_SHIFT
}

// --- pthread_cond_t ---
static_assert(sizeof(pthread_cond_t) == 48 && offsetof(pthread_cond_t, __data.__wrefs) == 36);
// Set by pthread_cond_destroy(), until the memory is initialised again.
inline bool CondDestroyed(const pthread_cond_t* cond) { return (cond->__data.__wrefs & 4) != 0; }
// The clock of its deadlines.
inline bool CondIsShared(const pthread_cond_t* cond) { return (cond->__data.__wrefs & 1) != 0; }
inline clockid_t CondClock(const pthread_cond_t* cond) {
  return (cond->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

// --- sem_t (struct new_sem, 64 bits): the low half of the first word is the value ---
static_assert(sizeof(sem_t) == 32);
inline uint32_t SemValue(const sem_t* semaphore) {
  uint32_t value;
  memcpy(&value, semaphore, sizeof value);
  return value;
}

// --- pthread_barrier_t (struct pthread_barrier): in, current_round, count, shared ---
static_assert(sizeof(pthread_barrier_t) == 32);
inline uint32_t BarrierCount(const pthread_barrier_t* barrier) {
  uint32_t fields[3];
  memcpy(fields, barrier, sizeof fields);
  return fields[2];
}
inline bool BarrierIsShared(const pthread_barrier_t* barrier) {
  uint32_t fields[4];
  memcpy(fields, barrier, sizeof fields);
  return fields[3] != 0;
}

// --- pthread_spinlock_t: 1 is free ---
static_assert(sizeof(pthread_spinlock_t) == 4);
inline bool SpinFree(const pthread_spinlock_t* lock) { return *lock == 1; }

// --- pthread_once_t: bit 0 in progress, bit 1 done; the rest counts forks ---
static_assert(sizeof(pthread_once_t) == 4);
inline bool OnceBusy(const pthread_once_t* control) { return (*control & 3) == 1; }

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_GLIBC_LAYOUT_H_
