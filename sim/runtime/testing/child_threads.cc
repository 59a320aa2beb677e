// Child processes that go on as any program does: threads, timers and signals of their own.
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

constexpr int kThreads = 3;

std::mutex mutex;
std::condition_variable all_there;
int there = 0;
volatile sig_atomic_t rang = 0;

// A thread waits here in the parent. A child has none that does, and makes the objects anew, as
// libraries do that go on after a fork.
std::mutex over_mutex;
std::condition_variable over_changed;
bool over = false;

void AwaitOver() {
  std::unique_lock<std::mutex> lock(over_mutex);
  over_changed.wait(lock, [] { return over; });
}

void SetOver() {
  const std::lock_guard<std::mutex> lock(over_mutex);
  over = true;
  over_changed.notify_all();
}

void CheckNewObjects() {
  new (&over_mutex) std::mutex;
  new (&over_changed) std::condition_variable;
  over = false;
  std::thread waits(AwaitOver);
  SetOver();
  waits.join();
}

// All meet: each waits for the others.
void Meet() {
  std::unique_lock<std::mutex> lock(mutex);
  ++there;
  all_there.notify_all();
  all_there.wait(lock, [] { return there == kThreads + 1; });
}

void CheckThreads() {
  there = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(Meet);
  Meet();
  for (std::thread& thread : threads) thread.join();
  std::thread sleeper([] { usleep(1000); });
  sleeper.join();
  std::thread([] { const std::lock_guard<std::mutex> lock(mutex); }).detach();
}

void CheckTimers() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  CHECK(timer >= 0);
  const itimerspec once = {{0, 0}, {0, 5'000'000}};
  CHECK(timerfd_settime(timer, 0, &once, nullptr) == 0);
  std::thread poller([timer] {
    pollfd entry = {timer, POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1);
    uint64_t expirations = 0;
    CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
    CHECK(expirations == 1);
  });
  poller.join();
  close(timer);
}

void CheckAlarm() {
  struct sigaction action = {};
  action.sa_handler = [](int) { rang = 1; };
  CHECK(sigaction(SIGALRM, &action, nullptr) == 0);
  const itimerval soon = {{0, 0}, {0, 3000}};
  CHECK(setitimer(ITIMER_REAL, &soon, nullptr) == 0);
  while (rang == 0) usleep(1000);
}

int StatusOf(pid_t child) {
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// A thread's own fork: the child is that thread alone, which makes others.
void CheckForkOfThread() {
  std::thread forks([] {
    const pid_t child = fork();
    if (child == 0) {
      CheckNewObjects();
      CheckThreads();
      return;  // the last thread's end is the process's
    }
    CHECK(StatusOf(child) == 0);
  });
  forks.join();
}

}  // namespace

int main() {
  std::thread gone([] { const std::lock_guard<std::mutex> lock(mutex); });
  gone.join();
  std::thread busy([] {
    for (int i = 0; i < 5; ++i) usleep(2000);
  });
  std::thread waits(AwaitOver);
  const pid_t child = fork();
  if (child == 0) {
    CheckNewObjects();
    CheckThreads();
    CheckTimers();
    CheckAlarm();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      CheckThreads();
      _exit(8);
    }
    _exit(StatusOf(grandchild) - 1);
  }
  CHECK(StatusOf(child) == 7);
  CheckForkOfThread();
  busy.join();
  SetOver();
  waits.join();
  puts("ok");
}
