// Every POSIX synchronisation primitive, used rightly: contended, timed, tried, in every form.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

timespec After(clockid_t clock, long ms) {
  timespec time;
  clock_gettime(clock, &time);
  time.tv_nsec += ms * 1'000'000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

void Mutexes() {
  for (const int type : {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                         PTHREAD_MUTEX_ADAPTIVE_NP}) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, &attributes);
    int counter = 0;
    const auto work = [&] {
      for (int i = 0; i < 3; ++i) {
        if (i == 0) {
          CHECK(pthread_mutex_lock(&mutex) == 0);
        } else if (i == 1) {
          const timespec deadline = After(CLOCK_REALTIME, 60'000);
          CHECK(pthread_mutex_timedlock(&mutex, &deadline) == 0);
        } else {
          const timespec deadline = After(CLOCK_MONOTONIC, 60'000);
          CHECK(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &deadline) == 0);
        }
        if (type == PTHREAD_MUTEX_RECURSIVE) {
          CHECK(pthread_mutex_lock(&mutex) == 0);
          CHECK(pthread_mutex_trylock(&mutex) == 0);
          pthread_mutex_unlock(&mutex);
          pthread_mutex_unlock(&mutex);
        } else {
          CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
        }
        if (type == PTHREAD_MUTEX_ERRORCHECK) CHECK(pthread_mutex_lock(&mutex) == EDEADLK);
        ++counter;
        CHECK(pthread_mutex_unlock(&mutex) == 0);
      }
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(counter == 6);
    pthread_mutex_destroy(&mutex);
    pthread_mutexattr_destroy(&attributes);
  }
  // A timed lock of a mutex that stays held times out, in virtual time.
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::thread waiter([&] {
    const timespec deadline = After(CLOCK_REALTIME, 5000);
    CHECK(pthread_mutex_timedlock(&mutex, &deadline) == ETIMEDOUT);
  });
  waiter.join();
  pthread_mutex_unlock(&mutex);
}

void RwLocks() {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  int value = 0;
  const auto reader = [&] {
    for (int i = 0; i < 3; ++i) {
      const timespec real = After(CLOCK_REALTIME, 60'000), steady = After(CLOCK_MONOTONIC, 60'000);
      if (i == 0) CHECK(pthread_rwlock_rdlock(&lock) == 0);
      if (i == 1) CHECK(pthread_rwlock_timedrdlock(&lock, &real) == 0);
      if (i == 2) CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &steady) == 0);
      CHECK(value % 2 == 0);
      CHECK(pthread_rwlock_trywrlock(&lock) == EBUSY);
      if (pthread_rwlock_tryrdlock(&lock) == 0) pthread_rwlock_unlock(&lock);
      CHECK(pthread_rwlock_unlock(&lock) == 0);
    }
  };
  const auto writer = [&] {
    for (int i = 0; i < 4; ++i) {
      const timespec real = After(CLOCK_REALTIME, 60'000), steady = After(CLOCK_MONOTONIC, 60'000);
      if (i == 0) CHECK(pthread_rwlock_wrlock(&lock) == 0);
      if (i == 1) CHECK(pthread_rwlock_timedwrlock(&lock, &real) == 0);
      if (i == 2) CHECK(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &steady) == 0);
      if (i == 3 && pthread_rwlock_trywrlock(&lock) != 0) return;
      ++value;
      CHECK(pthread_rwlock_tryrdlock(&lock) == EBUSY);
      ++value;
      CHECK(pthread_rwlock_unlock(&lock) == 0);
    }
  };
  std::thread a(reader), b(reader), c(writer);
  writer();
  a.join(), b.join(), c.join();
  pthread_rwlock_wrlock(&lock);
  std::thread late([&] {
    const timespec deadline = After(CLOCK_REALTIME, 1000);
    CHECK(pthread_rwlock_timedrdlock(&lock, &deadline) == ETIMEDOUT);
  });
  late.join();
  pthread_rwlock_unlock(&lock);
  pthread_rwlock_destroy(&lock);
}

void Conditions() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_t cond, steady;
  pthread_cond_init(&cond, nullptr);
  pthread_cond_init(&steady, &attributes);
  int tokens = 0, taken = 0;
  const auto consumer = [&] {
    pthread_mutex_lock(&mutex);
    while (tokens == 0) pthread_cond_wait(&cond, &mutex);
    --tokens, ++taken;
    pthread_mutex_unlock(&mutex);
  };
  std::thread a(consumer), b(consumer), c(consumer);
  for (int i = 0; i < 3; ++i) {
    pthread_mutex_lock(&mutex);
    ++tokens;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
  }
  a.join(), b.join(), c.join();
  CHECK(taken == 3 && tokens == 0);
  pthread_mutex_lock(&mutex);
  timespec deadline = After(CLOCK_REALTIME, 250);
  CHECK(pthread_cond_timedwait(&cond, &mutex, &deadline) == ETIMEDOUT);
  deadline = After(CLOCK_MONOTONIC, 250);
  CHECK(pthread_cond_timedwait(&steady, &mutex, &deadline) == ETIMEDOUT);
  deadline = After(CLOCK_MONOTONIC, 250);
  CHECK(pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &deadline) == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
  pthread_cond_destroy(&cond);
  pthread_cond_destroy(&steady);
  pthread_condattr_destroy(&attributes);
}

// The one that is told so ends the barrier, whether the others have returned or not.
void EndBarrier() {
  static pthread_barrier_t last;
  pthread_barrier_init(&last, nullptr, 3);
  const auto arrive = [](void*) -> void* {
    if (pthread_barrier_wait(&last) == PTHREAD_BARRIER_SERIAL_THREAD) {
      CHECK(pthread_barrier_destroy(&last) == 0);
    }
    return nullptr;
  };
  pthread_t others[2];
  for (pthread_t& other : others) pthread_create(&other, nullptr, arrive, nullptr);
  arrive(nullptr);
  for (const pthread_t other : others) pthread_join(other, nullptr);
}

void Barriers() {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 3);
  int before[3] = {0, 0, 0}, serial = 0;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const auto work = [&](int id) {
    for (int round = 1; round <= 3; ++round) {
      before[id] = round;
      if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
        pthread_mutex_lock(&mutex);
        ++serial;
        pthread_mutex_unlock(&mutex);
      }
      for (const int other : before) CHECK(other == round);
      pthread_barrier_wait(&barrier);
    }
  };
  std::thread a(work, 0), b(work, 1);
  work(2);
  a.join(), b.join();
  CHECK(serial == 3);
  pthread_barrier_destroy(&barrier);
}

void Semaphores() {
  sem_t items, room;
  sem_init(&items, 0, 0);
  sem_init(&room, 0, 2);
  int buffer[2], out = 0, sum = 0;
  std::thread producer([&] {
    for (int i = 1; i <= 6; ++i) {
      const timespec real = After(CLOCK_REALTIME, 60'000), steady = After(CLOCK_MONOTONIC, 60'000);
      if (i % 3 == 0) {
        CHECK(sem_wait(&room) == 0);
      } else if (i % 3 == 1) {
        CHECK(sem_timedwait(&room, &real) == 0);
      } else {
        CHECK(sem_clockwait(&room, CLOCK_MONOTONIC, &steady) == 0);
      }
      buffer[i % 2] = i;
      sem_post(&items);
    }
  });
  for (out = 1; out <= 6; ++out) {
    while (sem_trywait(&items) != 0) {
      CHECK(errno == EAGAIN);
      sem_wait(&items);
      break;
    }
    sum += buffer[out % 2];
    sem_post(&room);
  }
  producer.join();
  CHECK(sum == 21);
  int value = -1;
  sem_getvalue(&room, &value);
  CHECK(value == 2);
  const timespec deadline = After(CLOCK_REALTIME, 100);
  CHECK(sem_timedwait(&items, &deadline) == -1 && errno == ETIMEDOUT);
  sem_destroy(&items);
  sem_destroy(&room);
}

// A time that is none is refused, but for a mutex that is free.
void InvalidTimes() {
  const timespec invalid = {0, 1'000'000'000};
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  CHECK(sem_timedwait(&semaphore, &invalid) == -1 && errno == EINVAL);
  CHECK(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &invalid) == -1 && errno == EINVAL);
  sem_destroy(&semaphore);
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  CHECK(pthread_rwlock_timedrdlock(&lock, &invalid) == EINVAL);
  CHECK(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &invalid) == EINVAL);
  const timespec valid = {1, 0};
  CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_PROCESS_CPUTIME_ID, &valid) == EINVAL);
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  CHECK(pthread_mutex_timedlock(&mutex, &invalid) == 0);
  CHECK(pthread_mutex_timedlock(&mutex, &invalid) == EINVAL);
  pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  CHECK(pthread_cond_timedwait(&cond, &mutex, &invalid) == EINVAL);
  pthread_mutex_unlock(&mutex);
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void* argument) { return argument; }, nullptr);
  CHECK(pthread_timedjoin_np(thread, nullptr, &invalid) == EINVAL);
  CHECK(pthread_join(thread, nullptr) == 0);
}

struct Gate {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
  bool is_open = false;
  int waiting = 0;
};

void* PassGate(void* argument) {
  auto* gate = static_cast<Gate*>(argument);
  pthread_mutex_lock(&gate->mutex);
  ++gate->waiting;
  while (!gate->is_open) pthread_cond_wait(&gate->opened, &gate->mutex);
  --gate->waiting;
  pthread_mutex_unlock(&gate->mutex);
  return nullptr;
}

// Once everyone who waits was woken, a condition variable may be destroyed and its memory used
// again, with the mutex held or not.
void ConditionsDestroyedAfterWaking() {
  Gate gate;
  pthread_t threads[2];
  for (pthread_t& thread : threads) pthread_create(&thread, nullptr, PassGate, &gate);
  pthread_mutex_lock(&gate.mutex);
  gate.is_open = true;
  const bool somebody_waits = gate.waiting > 0;
  pthread_cond_broadcast(&gate.opened);
  if (somebody_waits) {
    CHECK(pthread_cond_destroy(&gate.opened) == 0);
    memset(&gate.opened, 0, sizeof gate.opened);
    pthread_mutex_unlock(&gate.mutex);
  } else {
    pthread_mutex_unlock(&gate.mutex);
    CHECK(pthread_cond_destroy(&gate.opened) == 0);
  }
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

void Spinlocks() {
  pthread_spinlock_t lock;
  pthread_spin_init(&lock, 0);
  int counter = 0;
  const auto work = [&] {
    for (int i = 0; i < 4; ++i) {
      if (i != 2 || pthread_spin_trylock(&lock) != 0) pthread_spin_lock(&lock);
      ++counter;
      pthread_spin_unlock(&lock);
    }
  };
  std::thread a(work), b(work);
  a.join(), b.join();
  CHECK(counter == 8);
  pthread_spin_destroy(&lock);
}

// Two locks in both orders, but never without a third one: no deadlock is possible.
void GateLock() {
  static std::mutex gate, one, other;
  const auto take = [](std::mutex& first, std::mutex& second) {
    std::lock_guard<std::mutex> pass(gate);
    std::lock_guard<std::mutex> outer(first);
    std::lock_guard<std::mutex> inner(second);
  };
  std::thread thread([&] { take(other, one); });
  take(one, other);
  thread.join();
}

int once_runs = 0;
pthread_once_t once = PTHREAD_ONCE_INIT;

int Expensive() {
  std::this_thread::yield();
  return 42;
}

void Onces() {
  const auto work = [] {
    pthread_once(&once, [] {
      std::this_thread::yield();
      ++once_runs;
    });
    CHECK(once_runs == 1);
    static const int value = Expensive();
    CHECK(value == 42);
  };
  std::thread a(work), b(work), c(work);
  a.join(), b.join(), c.join();
}

}  // namespace

int main() {
  Mutexes();
  GateLock();
  RwLocks();
  Conditions();
  ConditionsDestroyedAfterWaking();
  InvalidTimes();
  Barriers();
  EndBarrier();
  Semaphores();
  Spinlocks();
  Onces();
  std::printf("done\n");
}
