// A thread that runs jobs until it is told to stop.
#ifndef POOL_H
#define POOL_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>

class Pool {
 public:
  // `fixed`: without the mistake.
  explicit Pool(bool fixed);
  ~Pool();  // runs what was posted, and joins

  void Post(std::function<void()> job);

 private:
  void Work();

  const bool fixed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<std::function<void()>> jobs_;
  std::atomic<bool> stopped_{false};
  std::thread worker_;  // last: it uses the others
};

#endif
