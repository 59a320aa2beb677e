// Wake-ups are coalesced with a pending flag, and the consumer lowers the flag after it has drained
// the queue: an item that comes in between finds the flag raised, sends no wake-up, and is left
// lying. The right version lowers the flag first.
//
// First described: the order of operations in libev's ev_async (evpipe_write / pipecb), whose
// comments tell why; the problem is the edge-triggered interrupt's, as old as interrupts.
// Found by: deadlock (the consumer sleeps in poll with an item queued).
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Channel {
 public:
  Channel() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { assert(wake_ >= 0); }
  ~Channel() { close(wake_); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void Send(int item) {
    {
      std::lock_guard lock(mutex_);
      items_.push_back(item);
    }
    if (!pending_.exchange(true)) eventfd_write(wake_, 1);
  }

  // Waits for a wake-up and takes what there is. How many items that was.
  int Receive() {
    pollfd readable = {.fd = wake_, .events = POLLIN, .revents = 0};
    poll(&readable, 1, -1);
    eventfd_t count;
    eventfd_read(wake_, &count);
    if constexpr (!kBroken) pending_.store(false);
    const int received = Drain();
    if constexpr (kBroken) pending_.store(false);
    return received;
  }

 private:
  int Drain() {
    std::lock_guard lock(mutex_);
    const int drained = static_cast<int>(items_.size());
    items_.clear();
    return drained;
  }

  const int wake_;
  std::atomic<bool> pending_{false};
  std::mutex mutex_;
  std::deque<int> items_;
};

template <bool kBroken>
void Run() {
  constexpr int kItems = 2;
  Channel<kBroken> channel;
  InThreads(
      [&] {
        for (int item = 0; item < kItems; ++item) channel.Send(item);
      },
      [&] {
        for (int received = 0; received < kItems;) received += channel.Receive();
      });
}

}  // namespace

extern const Program kCoalescedWakeup{"coalesced-wakeup", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
