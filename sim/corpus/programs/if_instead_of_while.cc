// A waiter tests its condition once, with `if`: between the notification and its return another
// consumer takes the item, and it pops from an empty queue. A spurious wake-up does the same.
//
// First described: B. W. Lampson and D. D. Redell, "Experience with Processes and Monitors in
// Mesa", 1980 ("the waiting process must re-evaluate the condition"). Found by: the assertion.
#include <condition_variable>
#include <deque>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Queue {
 public:
  void Put(int item) {
    std::lock_guard lock(mutex_);
    items_.push_back(item);
    not_empty_.notify_one();
  }

  int Take() {
    std::unique_lock lock(mutex_);
    if constexpr (kBroken) {
      if (items_.empty()) not_empty_.wait(lock);
    } else {
      while (items_.empty()) not_empty_.wait(lock);
    }
    assert(!items_.empty());
    const int item = items_.front();
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::deque<int> items_;
};

template <bool kBroken>
void Run() {
  Queue<kBroken> queue;
  InThreads([&] { queue.Take(); }, [&] { queue.Take(); },
            [&] {
              queue.Put(1);
              queue.Put(2);
            });
}

}  // namespace

extern const Program kIfInsteadOfWhile{"if-instead-of-while", Shows::kAssertion, Run<true>,
                                       Run<false>};

}  // namespace heddle::corpus
