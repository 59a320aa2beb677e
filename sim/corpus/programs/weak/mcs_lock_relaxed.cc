// An MCS queue lock that hands over by a relaxed store: the next owner goes on before it has seen
// what the one before did.
//
// First described: J. M. Mellor-Crummey and M. L. Scott, "Algorithms for Scalable Synchronization
// on Shared-Memory Multiprocessors", TOCS 1991. Found by: assertion (an increment is lost), under
// c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

struct Node {
  std::atomic<Node*> next{nullptr};
  std::atomic<bool> waits{false};
};

template <bool kBroken>
class McsLock {
 public:
  void Lock(Node* mine) {
    mine->next.store(nullptr, memory_order_relaxed);
    mine->waits.store(true, memory_order_relaxed);
    Node* const before = tail_.exchange(mine, std::memory_order_acq_rel);
    if (before == nullptr) return;
    before->next.store(mine, memory_order_release);
    constexpr auto kOrder = kBroken ? memory_order_relaxed : memory_order_acquire;
    while (mine->waits.load(kOrder)) std::this_thread::yield();
  }

  void Unlock(Node* mine) {
    Node* expected = mine;
    if (mine->next.load(memory_order_acquire) == nullptr &&
        tail_.compare_exchange_strong(expected, nullptr, memory_order_release,
                                      memory_order_relaxed)) {
      return;
    }
    while (mine->next.load(memory_order_acquire) == nullptr) std::this_thread::yield();
    Node* const next = mine->next.load(memory_order_acquire);
    next->waits.store(false, kBroken ? memory_order_relaxed : memory_order_release);
  }

 private:
  std::atomic<Node*> tail_{nullptr};
};

template <bool kBroken>
void Run() {
  McsLock<kBroken> lock;
  Node nodes[2];
  std::atomic<int> count{0};
  const auto work = [&](Node* mine) {
    lock.Lock(mine);
    count.store(count.load(memory_order_relaxed) + 1, memory_order_relaxed);
    lock.Unlock(mine);
  };
  InThreads([&] { work(&nodes[0]); }, [&] { work(&nodes[1]); });
  assert(count.load() == 2);
}

}  // namespace

extern const Program kMcsLockRelaxed{"mcs-lock-relaxed", Shows::kAssertion, Run<true>, Run<false>,
                                     Needs::kWeakMemory};

}  // namespace heddle::corpus
