// A bounded queue for several producers and consumers whose cells are published by a relaxed
// number: a consumer finds the number and an empty cell.
//
// First described: D. Vyukov, "Bounded MPMC queue", 1024cores. Found by: assertion (an item is
// empty), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
class Ring {
 public:
  Ring() {
    for (unsigned i = 0; i < kCells; ++i) cells_[i].sequence.store(i, memory_order_relaxed);
  }

  bool Push(int item) {
    unsigned at = tail_.load(memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at % kCells];
      const unsigned sequence = cell.sequence.load(memory_order_acquire);
      if (sequence == at) {
        if (!tail_.compare_exchange_strong(at, at + 1, memory_order_relaxed)) continue;
        cell.item.store(item, memory_order_relaxed);
        cell.sequence.store(at + 1, kBroken ? memory_order_relaxed : memory_order_release);
        return true;
      }
      if (sequence < at) return false;
      at = tail_.load(memory_order_relaxed);
    }
  }

  // 0: nothing is there.
  int Pop() {
    unsigned at = head_.load(memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at % kCells];
      const unsigned sequence = cell.sequence.load(memory_order_acquire);
      if (sequence == at + 1) {
        if (!head_.compare_exchange_strong(at, at + 1, memory_order_relaxed)) continue;
        const int item = cell.item.load(memory_order_relaxed);
        assert(item != 0);
        cell.sequence.store(at + kCells, memory_order_release);
        return item;
      }
      if (sequence < at + 1) return 0;
      at = head_.load(memory_order_relaxed);
    }
  }

 private:
  static constexpr unsigned kCells = 2;
  struct Cell {
    std::atomic<unsigned> sequence{0};
    std::atomic<int> item{0};
  };
  Cell cells_[kCells];
  std::atomic<unsigned> head_{0}, tail_{0};
};

template <bool kBroken>
void Run() {
  Ring<kBroken> ring;
  int taken[2] = {0, 0};
  InThreads([&] { ring.Push(1); }, [&] { ring.Push(2); }, [&] { taken[0] = ring.Pop(); },
            [&] { taken[1] = ring.Pop(); });
  assert(taken[0] == 0 || taken[0] != taken[1]);
}

}  // namespace

extern const Program kMpmcRingRelaxed{"mpmc-ring-relaxed", Shows::kAssertion, Run<true>, Run<false>,
                                      Needs::kWeakMemory};

}  // namespace heddle::corpus
