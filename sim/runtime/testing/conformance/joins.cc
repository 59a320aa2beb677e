// Joining and detaching threads: what glibc tells of those that are alive.
#include <pthread.h>
#include <semaphore.h>

#include <ctime>

#include "sim/runtime/testing/conformance/conformance.h"

namespace joins {
namespace {

// A thread that ends when it is told to.
struct Waiter {
  sem_t end;
  pthread_t thread;

  Waiter() {
    sem_init(&end, 0, 0);
    pthread_create(&thread, nullptr, Wait, &end);
  }
  static void* Wait(void* end) {
    sem_wait(static_cast<sem_t*>(end));
    return end;
  }
};

const timespec kPast = {0, 0};

}  // namespace
}  // namespace joins

using namespace joins;  // NOLINT: short programs

SECTION(joins, detached) {
  static Waiter waiter;  // it ends after this section
  SHOW_ERROR(pthread_detach(waiter.thread));
  SHOW_ERROR(pthread_detach(waiter.thread));
  SHOW_ERROR(pthread_join(waiter.thread, nullptr));
  SHOW_ERROR(pthread_tryjoin_np(waiter.thread, nullptr));
  SHOW_ERROR(pthread_timedjoin_np(waiter.thread, nullptr, &kPast));
  sem_post(&waiter.end);
}

SECTION(joins, oneself) {
  SHOW_ERROR(pthread_join(pthread_self(), nullptr));
  SHOW_ERROR(pthread_tryjoin_np(pthread_self(), nullptr));
}

SECTION(joins, timed) {
  Waiter waiter;
  SHOW_ERROR(pthread_tryjoin_np(waiter.thread, nullptr));
  SHOW_ERROR(pthread_timedjoin_np(waiter.thread, nullptr, &kPast));
  sem_post(&waiter.end);
  void* result = nullptr;
  SHOW_ERROR(pthread_join(waiter.thread, &result));
  SHOW_IF(result == &waiter.end);
}
