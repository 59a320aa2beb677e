// A ring for one producer and one consumer whose indices are relaxed: the consumer can see the
// index before it sees the slot.
//
// First described: the C++ memory model's own example of message passing (H.-J. Boehm and S. V.
// Adve, "Foundations of the C++ Concurrency Memory Model", PLDI 2008). Found by: assertion (a
// slot's old item), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
void Run() {
  constexpr unsigned kSlots = 2;
  constexpr int kItems = 3;
  constexpr auto kGive = kBroken ? memory_order_relaxed : memory_order_release;
  constexpr auto kSee = kBroken ? memory_order_relaxed : memory_order_acquire;
  std::atomic<unsigned> head{0}, tail{0};
  std::atomic<int> slots[kSlots] = {};
  InThreads(
      [&] {
        for (int item = 1; item <= kItems; ++item) {
          const unsigned at = tail.load(memory_order_relaxed);
          while (at - head.load(kSee) == kSlots) std::this_thread::yield();
          slots[at % kSlots].store(item, memory_order_relaxed);
          tail.store(at + 1, kGive);
        }
      },
      [&] {
        for (int item = 1; item <= kItems; ++item) {
          const unsigned at = head.load(memory_order_relaxed);
          while (tail.load(kSee) == at) std::this_thread::yield();
          assert(slots[at % kSlots].load(memory_order_relaxed) == item);
          head.store(at + 1, kGive);
        }
      });
}

}  // namespace

extern const Program kRingIndexRelaxed{"ring-index-relaxed", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
