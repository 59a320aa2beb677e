// An atomic is notified before it is changed: a waiter that has read the old value and begins to
// wait after the notification is not woken.
//
// First described: H. Franke, R. Russell and M. Kirkwood, "Fuss, Futexes and Furwocks: Fast
// Userlevel Locking in Linux", 2002 (change the word, then wake); std::atomic::wait is C++20,
// P1135, 2020. Found by: deadlock (a lost wake-up).
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::atomic<int> state{0};
  InThreads([&] { state.wait(0); },
            [&] {
              if constexpr (kBroken) {
                state.notify_one();
                state.store(1);
              } else {
                state.store(1);
                state.notify_one();
              }
            });
}

}  // namespace

extern const Program kNotifyBeforeStore{"notify-before-store", Shows::kDeadlock, Run<true>,
                                        Run<false>};

}  // namespace heddle::corpus
