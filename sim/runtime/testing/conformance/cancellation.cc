// Cancellation of threads, and their end by pthread_exit().
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;

namespace cancellation {
namespace {

sem_t begun;
sem_t never;
int ends[2];
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
pthread_key_t key;
std::atomic<bool> stop{false};

void CleanUp(void* name) { Print("cleanup %s", static_cast<const char*>(name)); }
void Unlock(void*) { Print("unlock %d", pthread_mutex_unlock(&mutex)); }
struct Object {
  ~Object() { Print("destructor"); }
};

void* Waits(void*) {
  pthread_cleanup_push(CleanUp, const_cast<char*>("outer"));
  const Object object;
  sem_post(&begun);
  sem_wait(&never);
  pthread_cleanup_pop(0);
  return nullptr;
}
void* Reads(void*) {
  char c;
  sem_post(&begun);
  return reinterpret_cast<void*>(read(ends[0], &c, 1));
}
void* Sleeps(void*) {
  sem_post(&begun);
  sleep(1000);
  return nullptr;
}
void* WaitsForChange(void*) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(Unlock, nullptr);
  sem_post(&begun);
  for (;;) pthread_cond_wait(&changed, &mutex);
  pthread_cleanup_pop(1);
  return nullptr;
}
void* Joins(void* thread) {
  sem_post(&begun);
  pthread_join(*static_cast<pthread_t*>(thread), nullptr);
  return nullptr;
}
void* Tests(void*) {
  sem_post(&begun);
  while (true) {
    pthread_testcancel();
    usleep(1000);
  }
}
void* HoldsItOff(void*) {
  int state = -1;
  Print("state %d", pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state));
  Print("was %d", state == PTHREAD_CANCEL_ENABLE);
  sem_post(&begun);
  usleep(10'000);
  Print("goes on");
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  pthread_testcancel();
  Print("not reached");
  return nullptr;
}
void* Spins(void*) {
  int type = -1;
  Print("type %d", pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type));
  Print("was %d", type == PTHREAD_CANCEL_DEFERRED);
  sem_post(&begun);
  while (!stop) {
  }
  return nullptr;
}
void* Exits(void* result) {
  pthread_cleanup_push(CleanUp, const_cast<char*>("exit"));
  pthread_setspecific(key, "value");
  const Object object;
  pthread_exit(result);
  pthread_cleanup_pop(0);
}

// What the thread prints comes before what is printed of it.
void Run(void* (*function)(void*), void* argument = nullptr) {
  pthread_t thread;
  void* result = nullptr;
  const int created = pthread_create(&thread, nullptr, function, argument);
  const int waited = sem_wait(&begun);
  const int cancelled = pthread_cancel(thread);
  const int joined = pthread_join(thread, &result);
  Print("created %d waited %d cancel %d join %d", created, waited, cancelled, joined);
  Print("cancelled %d", result == PTHREAD_CANCELED);
}

}  // namespace

SECTION(cancellation, points) {
  sem_init(&begun, 0, 0);
  sem_init(&never, 0, 0);
  SHOW(pipe(ends));
  Run(Waits);
  Run(Reads);
  Run(Sleeps);
  Run(WaitsForChange);
  Run(Tests);
  pthread_t sleeper;
  SHOW(pthread_create(&sleeper, nullptr, Sleeps, nullptr));
  SHOW(sem_wait(&begun));
  Run(Joins, &sleeper);
  SHOW(pthread_cancel(sleeper));
  SHOW(pthread_join(sleeper, nullptr));
  SHOW(pthread_mutex_trylock(&mutex));
  SHOW(pthread_mutex_unlock(&mutex));
}

SECTION(cancellation, state_and_type) {
  sem_init(&begun, 0, 0);
  Run(HoldsItOff);
  stop = false;
  Run(Spins);
  stop = true;
  SHOW(pthread_setcancelstate(99, nullptr));
  SHOW(pthread_setcanceltype(99, nullptr));
}

SECTION(cancellation, exit) {
  SHOW(pthread_key_create(&key, [](void* value) { Print("key %s", static_cast<char*>(value)); }));
  pthread_t thread;
  void* result = nullptr;
  const int created = pthread_create(&thread, nullptr, Exits, &key);
  const int joined = pthread_join(thread, &result);
  Print("created %d joined %d result %d", created, joined, result == &key);
}

}  // namespace cancellation
