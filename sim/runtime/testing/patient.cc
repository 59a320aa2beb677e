// Right: waits that only time ends, each just short of what counts as a livelock (kMaxIdleJumps,
// kMaxIdleNs). Never a finding.
#include <semaphore.h>
#include <time.h>

#include <cstdio>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

void Sleep(time_t seconds, long ns) {
  const timespec time{seconds, ns};
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr) == 0);
}

timespec Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now;
}

// Many timeouts within seconds.
void PollOften() {
  for (int i = 0; i < 21'000; ++i) Sleep(0, 1'000'000);
}

// Days, in a few timeouts.
void WaitLong() {
  for (int i = 0; i < 100; ++i) Sleep(3'600, 0);
}

// Many timeouts and days; another thread says now and then that it lives.
void WakeEachOther() {
  sem_t alive;
  CHECK(sem_init(&alive, 0, 0) == 0);
  std::thread heart([&] {
    for (int i = 0; i < 3; ++i) {
      Sleep(100 * 3'600, 0);
      sem_post(&alive);
    }
  });
  for (int beats = 0; beats < 3;) {
    timespec until = Now();
    until.tv_sec += 37;  // never due together with the other
    if (sem_clockwait(&alive, CLOCK_MONOTONIC, &until) == 0) ++beats;
  }
  heart.join();
}

}  // namespace

int main() {
  std::thread(PollOften).join();
  std::thread(WaitLong).join();
  WakeEachOther();
  std::printf("patient\n");
}
