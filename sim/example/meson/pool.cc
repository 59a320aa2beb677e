#include "pool.h"

#include <utility>

Pool::Pool(bool fixed) : fixed_(fixed), worker_([this] { Work(); }) {}

// The mistake: an atomic needs no lock, but the worker may stand between its look at `stopped_` and
// its sleep. Then it is told nothing.
Pool::~Pool() {
  if (fixed_) {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  } else {
    stopped_ = true;
  }
  changed_.notify_one();
  worker_.join();
}

void Pool::Post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push(std::move(job));
  }
  changed_.notify_one();
}

void Pool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop();
    lock.unlock();
    job();
    lock.lock();
  }
}
