// Robust mutexes: the owner's end, the state that the next owner repairs or gives up, in all forms
// of lock (POSIX.1-2017, pthread_mutex_lock, pthread_mutex_consistent).
#include <pthread.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "sim/runtime/testing/check.h"

namespace {

struct Account {
  pthread_mutex_t mutex;
  int begun = 0, finished = 0;
};

void Init(pthread_mutex_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, type);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
  pthread_mutexattr_destroy(&attributes);
}

pthread_t Start(void* (*function)(void*), void* argument) {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, function, argument) == 0);
  return thread;
}

void* DiesWithIt(void* argument) {
  auto* account = static_cast<Account*>(argument);
  int error = pthread_mutex_lock(&account->mutex);
  if (error == EOWNERDEAD) error = pthread_mutex_consistent(&account->mutex);
  CHECK(error == 0);
  ++account->begun;
  return nullptr;
}

// Several owners die, one after the other, while others wait.
void OwnersDie(int type) {
  Account account;
  Init(&account.mutex, type);
  pthread_t threads[3];
  for (pthread_t& thread : threads) thread = Start(DiesWithIt, &account);
  for (int i = 0; i < 2; ++i) {
    const int error = pthread_mutex_lock(&account.mutex);
    CHECK(error == 0 || error == EOWNERDEAD);
    if (error == EOWNERDEAD) {
      account.finished = account.begun;
      CHECK(pthread_mutex_consistent(&account.mutex) == 0);
    }
    CHECK(pthread_mutex_consistent(&account.mutex) == EINVAL);
    CHECK(pthread_mutex_unlock(&account.mutex) == 0);
  }
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  const int error = pthread_mutex_lock(&account.mutex);
  CHECK(error == 0 || error == EOWNERDEAD);
  if (error != 0) CHECK(pthread_mutex_consistent(&account.mutex) == 0);
  CHECK(account.begun == 3);
  CHECK(pthread_mutex_unlock(&account.mutex) == 0);
  CHECK(pthread_mutex_unlock(&account.mutex) == EPERM);
  CHECK(pthread_mutex_destroy(&account.mutex) == 0);
}

void AbandonedIn(Account* account) {
  Init(&account->mutex, PTHREAD_MUTEX_NORMAL);
  pthread_join(Start(DiesWithIt, account), nullptr);
}

// Unlocked as it is: nobody gets it any more.
void NotRecoverable() {
  Account account;
  AbandonedIn(&account);
  CHECK(pthread_mutex_trylock(&account.mutex) == EOWNERDEAD);
  CHECK(pthread_mutex_trylock(&account.mutex) == EBUSY);
  const pthread_t waits = Start(
      [](void* raw) -> void* {
        CHECK(pthread_mutex_lock(&static_cast<Account*>(raw)->mutex) == ENOTRECOVERABLE);
        return nullptr;
      },
      &account);
  CHECK(pthread_mutex_unlock(&account.mutex) == 0);
  CHECK(pthread_mutex_lock(&account.mutex) == ENOTRECOVERABLE);
  timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  ++soon.tv_sec;
  CHECK(pthread_mutex_timedlock(&account.mutex, &soon) == ENOTRECOVERABLE);
  pthread_join(waits, nullptr);
  CHECK(pthread_mutex_destroy(&account.mutex) == 0);
}

// The thread that waits on a condition is told when it gets the mutex back.
void ToldByACondition() {
  static Account account;
  static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  Init(&account.mutex, PTHREAD_MUTEX_NORMAL);
  CHECK(pthread_mutex_lock(&account.mutex) == 0);
  const pthread_t dies = Start(
      [](void*) -> void* {
        CHECK(pthread_mutex_lock(&account.mutex) == 0);
        account.begun = 1;
        pthread_cond_signal(&changed);
        return nullptr;
      },
      nullptr);
  CHECK(pthread_cond_wait(&changed, &account.mutex) == EOWNERDEAD);
  CHECK(account.begun == 1);
  CHECK(pthread_mutex_consistent(&account.mutex) == 0);
  CHECK(pthread_mutex_unlock(&account.mutex) == 0);
  pthread_join(dies, nullptr);
}

}  // namespace

int main() {
  OwnersDie(PTHREAD_MUTEX_NORMAL);
  OwnersDie(PTHREAD_MUTEX_RECURSIVE);
  OwnersDie(PTHREAD_MUTEX_ERRORCHECK);
  NotRecoverable();
  ToldByACondition();
  std::printf("done\n");
}
