// What glibc_layout.h reads of real objects, in an ordinary process: fails where a newer glibc lays
// them out in another way.
#include "sim/runtime/interpose/glibc_layout.h"

#include <gtest/gtest.h>

namespace heddle::sim::runtime {
namespace {

TEST(GlibcLayout, Mutex) {
  for (const int type : {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                         PTHREAD_MUTEX_ADAPTIVE_NP}) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    EXPECT_EQ(MutexType(&mutex), type);
    EXPECT_FALSE(MutexUninitialised(&mutex));
    EXPECT_FALSE(MutexHeld(&mutex));
    pthread_mutex_lock(&mutex);
    EXPECT_TRUE(MutexHeld(&mutex));
    pthread_mutex_unlock(&mutex);
    EXPECT_FALSE(MutexHeld(&mutex));
    EXPECT_FALSE(MutexDestroyed(&mutex));
    pthread_mutex_destroy(&mutex);
    EXPECT_TRUE(MutexDestroyed(&mutex));
    pthread_mutexattr_destroy(&attributes);
  }
}

TEST(GlibcLayout, RwLock) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  EXPECT_FALSE(RwReadLocked(&lock) || RwWriteLocked(&lock));
  pthread_rwlock_rdlock(&lock);
  pthread_rwlock_rdlock(&lock);
  EXPECT_TRUE(RwReadLocked(&lock) && !RwWriteLocked(&lock));
  pthread_rwlock_unlock(&lock);
  EXPECT_TRUE(RwReadLocked(&lock));
  pthread_rwlock_unlock(&lock);
  pthread_rwlock_wrlock(&lock);
  EXPECT_TRUE(RwWriteLocked(&lock) && !RwReadLocked(&lock));
  pthread_rwlock_unlock(&lock);
  EXPECT_FALSE(RwReadLocked(&lock) || RwWriteLocked(&lock));
}

TEST(GlibcLayout, Condition) {
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, clock);
    pthread_cond_t cond;
    pthread_cond_init(&cond, &attributes);
    EXPECT_EQ(CondClock(&cond), clock);
    EXPECT_FALSE(CondDestroyed(&cond));
    pthread_cond_destroy(&cond);
    EXPECT_TRUE(CondDestroyed(&cond));
    pthread_condattr_destroy(&attributes);
  }
}

TEST(GlibcLayout, Semaphore) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 2);
  EXPECT_EQ(SemValue(&semaphore), 2u);
  sem_wait(&semaphore);
  sem_wait(&semaphore);
  EXPECT_EQ(SemValue(&semaphore), 0u);
  sem_post(&semaphore);
  EXPECT_EQ(SemValue(&semaphore), 1u);
  sem_destroy(&semaphore);
}

TEST(GlibcLayout, Barrier) {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 7);
  EXPECT_EQ(BarrierCount(&barrier), 7u);
  EXPECT_FALSE(BarrierIsShared(&barrier));
  pthread_barrier_destroy(&barrier);
  pthread_barrierattr_t shared;
  pthread_barrierattr_init(&shared);
  pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&barrier, &shared, 7);
  EXPECT_TRUE(BarrierIsShared(&barrier));
  pthread_barrier_destroy(&barrier);
}

TEST(GlibcLayout, Spinlock) {
  pthread_spinlock_t lock;
  pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
  EXPECT_TRUE(SpinFree(&lock));
  pthread_spin_lock(&lock);
  EXPECT_FALSE(SpinFree(&lock));
  pthread_spin_unlock(&lock);
  EXPECT_TRUE(SpinFree(&lock));
  pthread_spin_destroy(&lock);
}

constinit pthread_once_t once = PTHREAD_ONCE_INIT;
constinit bool busy_inside = false;

TEST(GlibcLayout, Once) {
  EXPECT_FALSE(OnceBusy(&once));
  pthread_once(&once, [] { busy_inside = OnceBusy(&once); });
  EXPECT_TRUE(busy_inside);
  EXPECT_FALSE(OnceBusy(&once));
}

}  // namespace
}  // namespace heddle::sim::runtime
