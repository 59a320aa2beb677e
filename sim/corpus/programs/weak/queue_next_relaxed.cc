// Michael and Scott's queue with a relaxed link: who follows `next` need not see the item behind
// it.
//
// First described: M. M. Michael and M. L. Scott, "Simple, Fast, and Practical Non-Blocking and
// Blocking Concurrent Queue Algorithms", PODC 1996, which assumes sequential consistency. Found by:
// assertion (an item is seen before it was written), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

struct Node {
  std::atomic<int> item{0};
  std::atomic<Node*> next{nullptr};
};

template <bool kBroken>
void Run() {
  constexpr auto kGive = kBroken ? memory_order_relaxed : memory_order_release;
  constexpr auto kSee = kBroken ? memory_order_relaxed : memory_order_acquire;
  Node nodes[2];
  std::atomic<Node*> head{&nodes[0]}, tail{&nodes[0]};
  InThreads(
      [&] {
        Node* const node = &nodes[1];
        node->item.store(7, memory_order_relaxed);
        Node* const last = tail.load(memory_order_relaxed);
        Node* expected = nullptr;
        if (last->next.compare_exchange_strong(expected, node, kGive, memory_order_relaxed)) {
          tail.store(node, memory_order_release);
        }
      },
      [&] {
        Node* const next = head.load(memory_order_acquire)->next.load(kSee);
        if (next != nullptr) assert(next->item.load(memory_order_relaxed) == 7);
      });
}

}  // namespace

extern const Program kQueueNextRelaxed{"queue-next-relaxed", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
