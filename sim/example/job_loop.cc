// An event loop takes jobs from other threads: Post() queues a job and wakes the loop. Waking costs
// a system call, so only the first job since the loop last woke makes it. This program has a bug.
#include <sys/eventfd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

class Loop {
 public:
  // Any thread.
  void Post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    if (!woken_.exchange(true)) eventfd_write(wakeup_, 1);
  }

  // The loop's thread: runs jobs until one of them calls Stop().
  void Run() {
    while (!stopped_) {
      eventfd_t wakeups;
      eventfd_read(wakeup_, &wakeups);  // sleeps until a job is posted
      std::vector<std::function<void()>> jobs;
      {
        const std::lock_guard lock(mutex_);
        jobs.swap(jobs_);
      }
      woken_ = false;
      for (auto& job : jobs) job();
    }
  }

  void Stop() { stopped_ = true; }

 private:
  std::mutex mutex_;
  std::vector<std::function<void()>> jobs_;
  std::atomic<bool> woken_ = false;
  const int wakeup_ = eventfd(0, 0);
  bool stopped_ = false;
};

int main() {
  Loop loop;
  std::thread network([&loop] {
    loop.Post([] { std::puts("peer connected"); });
    loop.Post([&loop] { loop.Stop(); });
  });
  loop.Run();
  network.join();
}
