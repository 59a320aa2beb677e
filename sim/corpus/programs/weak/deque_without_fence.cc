// Chase and Lev's work-stealing deque without the seq_cst fence in take(): the owner's smaller
// bottom and a thief's larger top can both be invisible to the other, and one item goes to both.
//
// First described: N. M. Le, A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and Efficient
// Work-Stealing for Weak Memory Models", PPoPP 2013.
// Found by: assertion (an item was taken twice), under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

// Of fixed size.
template <bool kBroken>
class Deque {
 public:
  static constexpr int kNone = -1;

  void Push(int item) {
    const long bottom = bottom_.load(memory_order_relaxed);
    items_[bottom % kSize].store(item, memory_order_relaxed);
    std::atomic_thread_fence(memory_order_release);
    bottom_.store(bottom + 1, memory_order_relaxed);
  }

  int Take() {
    const long bottom = bottom_.load(memory_order_relaxed) - 1;
    bottom_.store(bottom, memory_order_relaxed);
    if constexpr (!kBroken) std::atomic_thread_fence(std::memory_order_seq_cst);
    long top = top_.load(memory_order_relaxed);
    if (top > bottom) {
      bottom_.store(bottom + 1, memory_order_relaxed);
      return kNone;
    }
    int item = items_[bottom % kSize].load(memory_order_relaxed);
    if (top == bottom) {
      if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                        memory_order_relaxed)) {
        item = kNone;
      }
      bottom_.store(bottom + 1, memory_order_relaxed);
    }
    return item;
  }

  int Steal() {
    long top = top_.load(memory_order_acquire);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const long bottom = bottom_.load(memory_order_acquire);
    if (top >= bottom) return kNone;
    const int item = items_[top % kSize].load(memory_order_relaxed);
    const bool mine =
        top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst, memory_order_relaxed);
    return mine ? item : kNone;
  }

 private:
  static constexpr int kSize = 4;

  std::atomic<long> top_{0}, bottom_{0};
  std::atomic<int> items_[kSize] = {};
};

template <bool kBroken>
void Run() {
  constexpr int kItems = 2;
  Deque<kBroken> deque;
  std::atomic<int> taken[kItems] = {};
  const auto note = [&](int item) {
    if (item != Deque<kBroken>::kNone) {
      assert(taken[item].fetch_add(1, memory_order_relaxed) == 0);
    }
  };
  for (int item = 0; item < kItems; ++item) deque.Push(item);
  InThreads(
      [&] {
        for (int i = 0; i < kItems; ++i) note(deque.Steal());
      },
      [&] {
        for (int i = 0; i < kItems; ++i) note(deque.Take());
      });
}

}  // namespace

extern const Program kDequeWithoutFence{"deque-without-fence", Shows::kAssertion, Run<true>,
                                        Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
