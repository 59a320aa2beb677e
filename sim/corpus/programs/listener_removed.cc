// Listeners are notified from a list whose lock is let go during each call; meanwhile another
// thread removes the listener, and the iteration goes on from a node that was freed. The right
// version calls from a copy that keeps what it calls alive.
//
// First described: D. Lea, "Concurrent Programming in Java", 1997 (copy-on-write listener lists).
// Found by: AddressSanitizer (use after free).
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Listener {
  std::atomic<int> events{0};
};

template <bool kBroken>
class Subject {
 public:
  void Add(std::shared_ptr<Listener> listener) {
    std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(listener));
  }

  void RemoveFirst() {
    std::lock_guard lock(mutex_);
    if (!listeners_.empty()) listeners_.pop_front();
  }

  void Notify() {
    std::unique_lock lock(mutex_);
    if constexpr (kBroken) {
      for (const std::shared_ptr<Listener>& listener : listeners_) {
        lock.unlock();
        listener->events.fetch_add(1);
        lock.lock();
      }
    } else {
      const std::vector<std::shared_ptr<Listener>> copy(listeners_.begin(), listeners_.end());
      lock.unlock();
      for (const std::shared_ptr<Listener>& listener : copy) listener->events.fetch_add(1);
    }
  }

 private:
  std::mutex mutex_;
  std::list<std::shared_ptr<Listener>> listeners_;
};

template <bool kBroken>
void Run() {
  Subject<kBroken> subject;
  subject.Add(std::make_shared<Listener>());
  subject.Add(std::make_shared<Listener>());
  InThreads([&] { subject.Notify(); }, [&] { subject.RemoveFirst(); });
}

}  // namespace

extern const Program kListenerRemoved{"listener-removed", Shows::kMemory, Run<true>, Run<false>};

}  // namespace heddle::corpus
