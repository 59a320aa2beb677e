// A hazard pointer is published and the pointer looked at again, without a seq_cst fence in
// between: the reclaimer's look at the hazards can come before the publication is visible, while
// the reader's second look still sees the old pointer.
//
// First described: M. M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects",
// TPDS 2004, whose figures assume sequential consistency.
// Found by: memory (heap-use-after-free), under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
void Fence() {
  if constexpr (!kBroken) std::atomic_thread_fence(std::memory_order_seq_cst);
}

template <bool kBroken>
void Run() {
  std::atomic<int*> current{new int(1)};
  std::atomic<int*> hazard{nullptr};
  InThreads(
      [&] {
        int* seen = current.load(memory_order_relaxed);
        for (;;) {
          hazard.store(seen, memory_order_relaxed);
          Fence<kBroken>();
          int* const again = current.load(memory_order_acquire);
          if (again == seen) break;
          seen = again;
        }
        assert(*seen != 0);
        hazard.store(nullptr, memory_order_release);
      },
      [&] {
        int* const old = current.exchange(new int(2), std::memory_order_acq_rel);
        Fence<kBroken>();
        while (hazard.load(memory_order_acquire) == old) std::this_thread::yield();
        delete old;
      });
  delete current.load();
}

}  // namespace

extern const Program kHazardWithoutFence{"hazard-without-fence", Shows::kMemory, Run<true>,
                                         Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
