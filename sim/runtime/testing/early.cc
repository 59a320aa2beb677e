// Threads that initialisers start, as loggers and pools do: they are threads of each execution.
// What main() does with them, one a mode.
#include <pthread.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "sim/runtime/runtime.h"
#include "sim/runtime/testing/check.h"

namespace {

// A worker that lives as long as the program.
class Worker {
 public:
  Worker() : thread_([this] { Run(); }) {}
  ~Worker() {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      stop_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  void Do() {
    std::unique_lock<std::mutex> hold(mutex_);
    const int wanted = ++asked_;
    changed_.notify_all();
    changed_.wait(hold, [&] { return done_ >= wanted; });
  }

 private:
  void Run() {
    std::unique_lock<std::mutex> hold(mutex_);
    while (!stop_) {
      if (asked_ > done_) {
        ++done_;
        changed_.notify_all();
      } else {
        changed_.wait(hold);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0, done_ = 0;
  bool stop_ = false;
  std::thread thread_;
};
Worker worker;

// A timer from before main() counts virtual time too.
int MakeTimer() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  const itimerspec hour = {{0, 0}, {3600, 0}};
  CHECK(timerfd_settime(timer, 0, &hour, nullptr) == 0);
  return timer;
}
const int timer = MakeTimer();

// Counted by two initialisers' threads without a lock, when the mode is "wrong".
int unguarded = 0;

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  heddle::sim::Checkpoint();
  if (strcmp(mode, "wrong") == 0) {
    std::thread other([] { ++unguarded; });
    ++unguarded;
    other.join();
  }
  std::thread second([] { worker.Do(); });
  worker.Do();
  second.join();
  uint64_t expirations = 0;
  CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
  CHECK(expirations == 1);
}
