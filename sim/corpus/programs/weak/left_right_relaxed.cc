// Left-right: readers announce themselves and read the instance that is shown; a writer changes the
// other one, shows it, waits until no reader is left, and changes the first. Without seq_cst a
// reader can miss the change of sides while the writer misses the reader.
//
// First described: P. Ramalhete and A. Correia, "Left-Right: A Concurrency Control Technique with
// Wait-Free Population Oblivious Reads", 2015. Found by: assertion (half of a change is read),
// under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

template <bool kBroken>
class LeftRight {
 public:
  void Read() {
    readers_.fetch_add(1, kBroken ? memory_order_acq_rel : memory_order_seq_cst);
    const Pair& pair = pairs_[side_.load(kBroken ? memory_order_acquire : memory_order_seq_cst)];
    const int first = pair.first.load(memory_order_relaxed);
    const int second = pair.second.load(memory_order_relaxed);
    assert(first == second);
    readers_.fetch_sub(1, memory_order_release);
  }

  void Write(int value) {
    Change(&pairs_[1], value);
    side_.store(1, kBroken ? memory_order_release : memory_order_seq_cst);
    while (readers_.load(kBroken ? memory_order_acquire : memory_order_seq_cst) != 0) {
      std::this_thread::yield();
    }
    Change(&pairs_[0], value);
  }

 private:
  struct Pair {
    std::atomic<int> first{0}, second{0};
  };
  static void Change(Pair* pair, int value) {
    pair->first.store(value, memory_order_relaxed);
    pair->second.store(value, memory_order_relaxed);
  }

  Pair pairs_[2];
  std::atomic<int> side_{0};
  std::atomic<int> readers_{0};
};

template <bool kBroken>
void Run() {
  LeftRight<kBroken> shared;
  InThreads([&] { shared.Read(); }, [&] { shared.Write(1); });
}

}  // namespace

extern const Program kLeftRightRelaxed{"left-right-relaxed", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
