// Cancellation and the end of threads in C, whose cleanup handlers are no destructors. One a mode.
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition) \
  do {                   \
    if (!(condition)) {  \
      _exit(3);          \
    }                    \
  } while (0)

static sem_t never;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int cleaned;
static pthread_t main_thread;

static void Clean(void* expected) {
  CHECK(cleaned == *(int*)expected);
  ++cleaned;
}
static void Unlock(void* unused) {
  (void)unused;
  CHECK(pthread_mutex_unlock(&mutex) == 0);
}

static void* Waits(void* unused) {
  int first = 0, second = 1;
  pthread_cleanup_push(Clean, &second);
  pthread_cleanup_push(Clean, &first);
  sem_wait(&never);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return unused;
}

static void* WaitsForChange(void* unused) {
  CHECK(pthread_mutex_lock(&mutex) == 0);
  pthread_cleanup_push(Unlock, NULL);
  for (;;) pthread_cond_wait(&changed, &mutex);
  pthread_cleanup_pop(1);
  return unused;
}

static void* Exits(void* result) {
  int expected = 2;
  pthread_cleanup_push(Clean, &expected);
  pthread_exit(result);
  pthread_cleanup_pop(0);
  return NULL;
}

static void* OutlivesMain(void* unused) {
  void* result = NULL;
  CHECK(pthread_join(main_thread, &result) == 0);
  CHECK(result == &cleaned);
  CHECK(write(1, "outlived\n", 9) == 9);
  return unused;
}

static void Cancel(void* (*function)(void*)) {
  pthread_t thread;
  void* result = NULL;
  CHECK(pthread_create(&thread, NULL, function, NULL) == 0);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
}

int main(void) {
  pthread_t thread;
  void* result = NULL;
  pthread_attr_t detached;
  CHECK(sem_init(&never, 0, 0) == 0);
  main_thread = pthread_self();
  // Before it pushes, it is not cancelled: pthread_create() does not wait for it, so it has to be
  // seen that none or both handlers ran.
  Cancel(Waits);
  CHECK(cleaned == 2 || cleaned == 0);
  cleaned = 2;
  Cancel(WaitsForChange);
  CHECK(pthread_mutex_lock(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  CHECK(pthread_create(&thread, NULL, Exits, &never) == 0);
  CHECK(pthread_join(thread, &result) == 0);
  CHECK(result == &never && cleaned == 3);
  // The process goes on without its main thread.
  CHECK(pthread_attr_init(&detached) == 0);
  CHECK(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0);
  CHECK(pthread_create(&thread, &detached, OutlivesMain, NULL) == 0);
  pthread_exit(&cleaned);
}
