// A CLH queue lock whose owner leaves by a relaxed store: the next owner, which waits for it at
// that node, goes on before it has seen what was done under the lock.
//
// First described: T. Craig, "Building FIFO and Priority-Queuing Spin Locks from Atomic Swap",
// University of Washington TR 93-02-02, 1993; P. Magnusson, A. Landin and E. Hagersten, IPPS 1994.
// Found by: assertion (an increment is lost), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

struct Node {
  std::atomic<bool> held{false};
};

template <bool kBroken>
class ClhLock {
 public:
  void Lock(Node* mine) {
    mine->held.store(true, memory_order_relaxed);
    Node* const before = tail_.exchange(mine, memory_order_acq_rel);
    while (before->held.load(memory_order_acquire)) std::this_thread::yield();
  }
  void Unlock(Node* mine) {
    mine->held.store(false, kBroken ? memory_order_relaxed : memory_order_release);
  }

 private:
  Node free_;
  std::atomic<Node*> tail_{&free_};
};

template <bool kBroken>
void Run() {
  ClhLock<kBroken> lock;
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

extern const Program kClhLockRelaxed{"clh-lock-relaxed", Shows::kAssertion, Run<true>, Run<false>,
                                     Needs::kWeakMemory};

}  // namespace heddle::corpus
