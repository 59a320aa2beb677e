// A libev async handle that is closed while it is sent to: the producer queues its last message and
// then wakes the loop; the loop, woken for an earlier message, has already found the last one,
// closed the handle and freed it.
//
// First described: libuv and libev document that a handle may be sent to from any thread, and leave
// it to the program that no send comes after the close.
// Found by: AddressSanitizer (the handle is read after it was freed).
#include <ev.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

// Owned by the loop's thread; the producer sends to it.
class Inbox {
 public:
  Inbox() : loop_(ev_loop_new(EVFLAG_AUTO)) {
    ev_async_init(&wake_, [](struct ev_loop* loop, ev_async* watcher, int) {
      if (static_cast<Inbox*>(watcher->data)->Drain()) ev_break(loop, EVBREAK_ALL);
    });
    wake_.data = this;
    ev_async_start(loop_, &wake_);
  }

  ~Inbox() {
    ev_async_stop(loop_, &wake_);
    ev_loop_destroy(loop_);
  }

  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void Send(int message) {
    {
      std::lock_guard lock(mutex_);
      messages_.push_back(message);
    }
    ev_async_send(loop_, &wake_);
    wakeups_sent_.fetch_add(1);
  }

  // Returns when the last message was seen.
  void Receive() { ev_run(loop_, 0); }

  static constexpr int kLast = 0;

 private:
  bool Drain() {
    std::lock_guard lock(mutex_);
    while (!messages_.empty()) {
      const int message = messages_.front();
      messages_.pop_front();
      if (message == kLast) return true;
    }
    return false;
  }

  struct ev_loop* const loop_;
  ev_async wake_;
  std::atomic<int> wakeups_sent_{0};
  std::mutex mutex_;
  std::deque<int> messages_;
};

template <bool kBroken>
void Run() {
  auto inbox = std::make_unique<Inbox>();
  std::thread producer([handle = inbox.get()] {
    handle->Send(1);
    handle->Send(Inbox::kLast);
  });
  inbox->Receive();
  if constexpr (kBroken) {
    inbox.reset();
    producer.join();
  } else {
    producer.join();
    inbox.reset();
  }
}

}  // namespace

extern const Program kAsyncClosedWhileSent{"async-closed-while-sent", Shows::kMemory, Run<true>,
                                           Run<false>};

}  // namespace heddle::corpus
