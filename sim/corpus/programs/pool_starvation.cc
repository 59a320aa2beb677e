// Tasks of a fixed pool wait for tasks they submit to the same pool: when every worker runs a
// waiting one, nobody is left to run what they wait for. The right version runs the inner task
// itself.
//
// First described: B. Goetz et al., "Java Concurrency in Practice", 2006, section 8.1.1, "Thread
// starvation deadlock".
// Found by: deadlock.
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

// Two workers. The destructor runs what is queued and joins them.
class Pool {
 public:
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void Submit(std::function<void()> task) {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread workers_[2] = {std::thread([this] { Work(); }), std::thread([this] { Work(); })};
};

template <bool kBroken>
void Run() {
  std::promise<void> inner_done[2];
  auto outer = [&inner_done](Pool& pool, int i) {
    auto inner = [&inner_done, i] { inner_done[i].set_value(); };
    if constexpr (kBroken) {
      pool.Submit(inner);
    } else {
      inner();
    }
    inner_done[i].get_future().wait();
  };
  Pool pool;
  pool.Submit([&] { outer(pool, 0); });
  pool.Submit([&] { outer(pool, 1); });
}

}  // namespace

extern const Program kPoolStarvation{"pool-starvation", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
