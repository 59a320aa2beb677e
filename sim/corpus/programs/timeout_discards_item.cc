// A receiver whose timed wait ended by timeout reports "nothing" without looking again: an item
// that was handed to it at the same moment is lost.
//
// First described: the "time-out race" in the rationale of POSIX pthread_cond_timedwait (a timeout
// and a signal may both have happened; test the predicate).
// Found by: the assertion that what was handed over was received, when the clock is one of the
// choices.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Rendezvous {
 public:
  // Whether somebody was waiting for it.
  bool Hand(int item) {
    std::lock_guard lock(mutex_);
    if (!waiting_) return false;
    waiting_ = false;
    item_ = item;
    handed_.notify_one();
    return true;
  }

  std::optional<int> Receive(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    waiting_ = true;
    while (!item_.has_value()) {
      if (handed_.wait_until(lock, deadline) == std::cv_status::timeout) {
        if (kBroken || !item_.has_value()) {
          waiting_ = false;
          return std::nullopt;
        }
      }
    }
    return item_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable handed_;
  bool waiting_ = false;
  std::optional<int> item_;
};

template <bool kBroken>
void Run() {
  using std::chrono::milliseconds;
  Rendezvous<kBroken> rendezvous;
  bool handed = false;
  std::optional<int> received;
  InThreads([&] { received = rendezvous.Receive(milliseconds(10)); },
            [&] {
              std::this_thread::sleep_for(milliseconds(5));
              handed = rendezvous.Hand(42);
            });
  assert(handed == received.has_value());
}

}  // namespace

extern const Program kTimeoutDiscardsItem{"timeout-discards-item", Shows::kAssertion, Run<true>,
                                          Run<false>};

}  // namespace heddle::corpus
