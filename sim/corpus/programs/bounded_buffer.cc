// A bounded buffer whose producers and consumers wait on one condition variable and are woken with
// notify_one: the wake-up meant for a producer can go to a consumer, which goes back to sleep.
//
// First described: C2 wiki, "Extreme Programming Challenge Fourteen", about 2000 (the Java buffer
// with notify); the two conditions of the right version are C. A. R. Hoare's, "Monitors: An
// Operating System Structuring Concept", 1974. Found by: deadlock.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Buffer {
 public:
  void Put(int item) {
    std::unique_lock lock(mutex_);
    NotFull().wait(lock, [&] { return items_.size() < kCapacity; });
    items_.push_back(item);
    NotEmpty().notify_one();
  }

  int Take() {
    std::unique_lock lock(mutex_);
    NotEmpty().wait(lock, [&] { return !items_.empty(); });
    const int item = items_.front();
    items_.pop_front();
    NotFull().notify_one();
    return item;
  }

 private:
  static constexpr size_t kCapacity = 1;

  std::condition_variable& NotEmpty() { return conditions_[0]; }
  std::condition_variable& NotFull() { return conditions_[kBroken ? 0 : 1]; }

  std::mutex mutex_;
  std::condition_variable conditions_[2];
  std::deque<int> items_;
};

template <bool kBroken>
void Run() {
  Buffer<kBroken> buffer;
  int taken[2] = {};
  InThreads([&] { taken[0] = buffer.Take(); }, [&] { taken[1] = buffer.Take(); },
            [&] {
              buffer.Put(1);
              buffer.Put(2);
            });
  assert(taken[0] + taken[1] == 3);
}

}  // namespace

extern const Program kBoundedBuffer{"bounded-buffer", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
