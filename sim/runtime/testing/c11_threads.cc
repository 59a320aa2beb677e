// <threads.h>, used rightly: every function, contended.
#include <threads.h>
#include <time.h>

#include <atomic>
#include <cstdio>

#include "sim/runtime/testing/check.h"

namespace {

mtx_t mutex;
cnd_t condition;
once_flag once = ONCE_FLAG_INIT;
tss_t key;
int turns = 0;
int initialised = 0;
std::atomic<int> destroyed{0};

void Initialise() { ++initialised; }
void Destroy(void*) { ++destroyed; }

timespec After(long ms) {
  timespec time;
  timespec_get(&time, TIME_UTC);
  time.tv_sec += ms / 1000;
  return time;
}

// Thread `argument` (0 or 1) takes every second turn.
int TakeTurns(void* argument) {
  const int mine = *static_cast<int*>(argument);
  call_once(&once, Initialise);
  CHECK(tss_set(key, argument) == thrd_success);
  for (int i = 0; i < 3; ++i) {
    CHECK(mtx_lock(&mutex) == thrd_success);
    while (turns % 2 != mine) CHECK(cnd_wait(&condition, &mutex) == thrd_success);
    ++turns;
    CHECK(cnd_broadcast(&condition) == thrd_success);
    CHECK(mtx_unlock(&mutex) == thrd_success);
    thrd_yield();
  }
  CHECK(tss_get(key) == argument);
  if (mine == 1) thrd_exit(11);
  return 10;
}

int HoldForAMinute(void*) {
  CHECK(mtx_lock(&mutex) == thrd_success);
  CHECK(cnd_signal(&condition) == thrd_success);
  const timespec minute = {60, 0};
  CHECK(thrd_sleep(&minute, nullptr) == 0);
  CHECK(mtx_unlock(&mutex) == thrd_success);
  return 0;
}

void Timed() {
  CHECK(mtx_lock(&mutex) == thrd_success);
  const timespec soon = After(1'000);
  CHECK(cnd_timedwait(&condition, &mutex, &soon) == thrd_timedout);
  thrd_t holder;
  CHECK(thrd_create(&holder, HoldForAMinute, nullptr) == thrd_success);
  CHECK(cnd_wait(&condition, &mutex) == thrd_success);  // until the minute is over
  CHECK(mtx_unlock(&mutex) == thrd_success);
  CHECK(thrd_join(holder, nullptr) == thrd_success);
  CHECK(mtx_trylock(&mutex) == thrd_success);
  CHECK(mtx_trylock(&mutex) == thrd_busy);
  const timespec later = After(1'000);
  CHECK(mtx_timedlock(&mutex, &later) == thrd_timedout);
  CHECK(mtx_unlock(&mutex) == thrd_success);
}

}  // namespace

int main() {
  CHECK(mtx_init(&mutex, mtx_timed) == thrd_success);
  CHECK(cnd_init(&condition) == thrd_success);
  CHECK(tss_create(&key, Destroy) == thrd_success);
  int numbers[2] = {0, 1};
  thrd_t threads[2];
  for (int i = 0; i < 2; ++i) {
    CHECK(thrd_create(&threads[i], TakeTurns, &numbers[i]) == thrd_success);
  }
  for (int i = 0; i < 2; ++i) {
    int result = 0;
    CHECK(thrd_join(threads[i], &result) == thrd_success);
    CHECK(result == 10 + i);
  }
  CHECK(turns == 6 && initialised == 1 && destroyed == 2);
  Timed();
  tss_delete(key);
  cnd_destroy(&condition);
  mtx_destroy(&mutex);
  std::printf("done\n");
}
