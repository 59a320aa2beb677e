// A stop flag that is set and notified without the lock: the consumer has just read it as false and
// has not begun to wait, so the notification finds nobody.
//
// First described: D. R. Butenhof, "Programming with POSIX Threads", 1997; the rule that a
// predicate changes under the mutex is in POSIX's description of pthread_cond_signal. Found by:
// deadlock (a lost wake-up).
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> stopping{false};
  InThreads(
      [&] {
        std::unique_lock lock(mutex);
        while (!stopping.load()) changed.wait(lock);
      },
      [&] {
        if constexpr (kBroken) {
          stopping.store(true);
        } else {
          std::lock_guard lock(mutex);
          stopping.store(true);
        }
        changed.notify_one();
      });
}

}  // namespace

extern const Program kShutdownLostWakeup{"shutdown-lost-wakeup", Shows::kDeadlock, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus
