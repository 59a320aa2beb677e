// Nested monitors: a thread waits on the inner monitor's condition and keeps the outer monitor's
// lock, without which nobody can reach the inner one to signal.
//
// First described: A. Lister, "The Problem of Nested Monitor Calls", 1977.
// Found by: deadlock, when the consumer comes first.
#include <condition_variable>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

class Slot {
 public:
  void Put() {
    std::lock_guard lock(mutex_);
    full_ = true;
    filled_.notify_one();
  }

  void Take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return full_; });
    full_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  bool full_ = false;
};

template <bool kBroken>
class Table {
 public:
  void Put() {
    std::lock_guard lock(mutex_);
    ++used_;
    slot_.Put();
  }

  void Take() {
    std::unique_lock lock(mutex_);
    ++used_;
    if constexpr (!kBroken) lock.unlock();
    slot_.Take();
  }

 private:
  std::mutex mutex_;
  int used_ = 0;
  Slot slot_;
};

template <bool kBroken>
void Run() {
  Table<kBroken> table;
  InThreads([&] { table.Put(); }, [&] { table.Take(); });
}

}  // namespace

extern const Program kNestedMonitor{"nested-monitor", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
