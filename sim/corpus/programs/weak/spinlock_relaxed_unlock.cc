// A spinlock that is unlocked by a relaxed store: the next owner need not see what the one before
// did.
//
// First described: A. Williams, "C++ Concurrency in Action", 2012, section 5.3.
// Found by: assertion (an increment is lost), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
void Run() {
  std::atomic<bool> locked{false};
  std::atomic<int> count{0};
  const auto work = [&] {
    for (int i = 0; i < 2; ++i) {
      while (locked.exchange(true, memory_order_acquire)) std::this_thread::yield();
      count.store(count.load(memory_order_relaxed) + 1, memory_order_relaxed);
      locked.store(false, kBroken ? memory_order_relaxed : memory_order_release);
    }
  };
  InThreads(work, work);
  assert(count.load() == 4);
}

}  // namespace

extern const Program kSpinlockRelaxedUnlock{"spinlock-relaxed-unlock", Shows::kAssertion, Run<true>,
                                            Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
