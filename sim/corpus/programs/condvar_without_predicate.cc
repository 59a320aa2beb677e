// A wait on a condition variable without a predicate: a notification that comes before the wait is
// remembered by nobody.
//
// First described: B. W. Lampson and D. D. Redell, "Experience with Processes and Monitors in
// Mesa", 1980 (a notification is a hint; the waiter must test its condition itself). Found by:
// deadlock (a lost wake-up).
#include <condition_variable>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  InThreads(
      [&] {
        std::unique_lock lock(mutex);
        if constexpr (kBroken) {
          changed.wait(lock);
        } else {
          changed.wait(lock, [&] { return ready; });
        }
      },
      [&] {
        {
          std::lock_guard lock(mutex);
          ready = true;
        }
        changed.notify_one();
      });
}

}  // namespace

extern const Program kCondvarWithoutPredicate{"condvar-without-predicate", Shows::kDeadlock,
                                              Run<true>, Run<false>};

}  // namespace heddle::corpus
