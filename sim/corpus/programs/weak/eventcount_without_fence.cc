// An event count: a waiter registers, takes the key, checks its condition and sleeps unless the
// count has moved; a notifier changes the condition and looks for waiters. Without a seq_cst fence
// in notify(), the notifier can miss the waiter while the waiter misses the change.
//
// First described: D. Vyukov's eventcount; Eigen carries one.
// Found by: deadlock (the waiter sleeps though its condition holds), under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
class EventCount {
 public:
  unsigned Prepare() {
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    return count_.load(memory_order_acquire);
  }
  void Cancel() { waiters_.fetch_sub(1, memory_order_relaxed); }
  void Wait(unsigned key) {
    while (count_.load(memory_order_acquire) == key) count_.wait(key, memory_order_acquire);
    Cancel();
  }
  void Notify() {
    if constexpr (!kBroken) std::atomic_thread_fence(std::memory_order_seq_cst);
    if (waiters_.load(memory_order_relaxed) == 0) return;
    count_.fetch_add(1, memory_order_release);
    count_.notify_all();
  }

 private:
  std::atomic<unsigned> count_{0};
  std::atomic<int> waiters_{0};
};

template <bool kBroken>
void Run() {
  EventCount<kBroken> events;
  std::atomic<bool> ready{false};
  InThreads(
      [&] {
        ready.store(true, memory_order_release);
        events.Notify();
      },
      [&] {
        const unsigned key = events.Prepare();
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (ready.load(memory_order_acquire)) {
          events.Cancel();
        } else {
          events.Wait(key);
        }
      });
}

}  // namespace

extern const Program kEventcountWithoutFence{"eventcount-without-fence", Shows::kDeadlock,
                                             Run<true>, Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
