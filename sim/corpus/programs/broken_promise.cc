// A worker that is told to stop leaves at once, with tasks still queued: their promises are
// destroyed and whoever waits for a result gets std::future_error(broken_promise).
//
// First described: B. Liskov and L. Shrira, "Promises", 1988 (a promise must be fulfilled or
// raise); the shutdown rule as ExecutorService.shutdown against shutdownNow, JSR 166, 2004. Found
// by: the exception, which nobody catches.
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Executor {
 public:
  std::future<int> Submit(int value) {
    std::packaged_task<int()> task([value] { return value * value; });
    std::future<int> result = task.get_future();
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
    return result;
  }

  // Nothing may be submitted after this.
  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    worker_.join();
    tasks_.clear();
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (stopping_ && (kBroken || tasks_.empty())) return;
      std::packaged_task<int()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<int()>> tasks_;
  bool stopping_ = false;
  std::thread worker_{[this] { Work(); }};
};

template <bool kBroken>
void Run() {
  Executor<kBroken> executor;
  std::future<int> result = executor.Submit(7);
  executor.Stop();
  const int value = result.get();
  assert(value == 49);
}

}  // namespace

extern const Program kBrokenPromise{"broken-promise", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
