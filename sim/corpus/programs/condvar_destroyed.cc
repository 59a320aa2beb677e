// A waiter owns the condition variable it waits on and destroys it as soon as it sees the flag; the
// notifier, which let go of the lock before it notified, notifies a destroyed condition variable.
//
// First described: D. R. Butenhof, "Programming with POSIX Threads", 1997, on destroying what
// another thread may still use; the semaphore form is glibc bug 12674, 2011. Found by: the kernel,
// which knows that the condition variable was destroyed. (AddressSanitizer sees no access: the
// notification happens inside libstdc++ and libc.)
#include <condition_variable>
#include <memory>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Event {
  std::mutex mutex;
  std::condition_variable set;
  bool is_set = false;
};

template <bool kBroken>
void Set(Event* event) {
  std::unique_lock lock(event->mutex);
  event->is_set = true;
  if constexpr (kBroken) lock.unlock();
  event->set.notify_one();
}

template <bool kBroken>
void Run() {
  auto event = std::make_unique<Event>();
  std::thread setter(Set<kBroken>, event.get());
  {
    std::unique_lock lock(event->mutex);
    event->set.wait(lock, [&] { return event->is_set; });
  }
  event.reset();
  setter.join();
}

}  // namespace

extern const Program kCondvarDestroyed{"condvar-destroyed", Shows::kMisuse, Run<true>, Run<false>};

}  // namespace heddle::corpus
