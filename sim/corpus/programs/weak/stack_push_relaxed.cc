// Treiber's stack with a relaxed compare-exchange in push: who pops a node need not see what was
// put into it.
//
// First described: R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986.
// Found by: assertion (an item is seen before it was written), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

struct Node {
  std::atomic<int> item{0};
  std::atomic<Node*> below{nullptr};
};

template <bool kBroken>
void Run() {
  std::atomic<Node*> top{nullptr};
  Node nodes[2];
  const auto push = [&](Node* node) {
    node->item.store(1, memory_order_relaxed);
    Node* below = top.load(memory_order_relaxed);
    do {
      node->below.store(below, memory_order_relaxed);
    } while (!top.compare_exchange_weak(
        below, node, kBroken ? memory_order_relaxed : memory_order_release, memory_order_relaxed));
  };
  InThreads([&] { push(&nodes[0]); }, [&] { push(&nodes[1]); },
            [&] {
              Node* const node = top.exchange(nullptr, memory_order_acquire);
              if (node != nullptr) assert(node->item.load(memory_order_relaxed) == 1);
            });
}

}  // namespace

extern const Program kStackPushRelaxed{"stack-push-relaxed", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
