// Double-checked locking whose pointer is published by a relaxed store: who sees the pointer on the
// fast path need not see what was made.
//
// First described: S. Meyers and A. Alexandrescu, "C++ and the Perils of Double-Checked Locking",
// 2004. Found by: assertion (an instance is seen before it was made), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

struct Instance {
  std::atomic<int> value{0};
};

template <bool kBroken>
void Run() {
  std::atomic<Instance*> instance{nullptr};
  std::atomic<bool> locked{false};
  const auto get = [&] {
    Instance* seen = instance.load(kBroken ? memory_order_relaxed : memory_order_acquire);
    if (seen == nullptr) {
      while (locked.exchange(true, memory_order_acquire)) std::this_thread::yield();
      seen = instance.load(memory_order_relaxed);
      if (seen == nullptr) {
        seen = new Instance;
        seen->value.store(42, memory_order_relaxed);
        instance.store(seen, kBroken ? memory_order_relaxed : memory_order_release);
      }
      locked.store(false, memory_order_release);
    }
    assert(seen->value.load(memory_order_relaxed) == 42);
  };
  InThreads(get, get);
  delete instance.load();
}

}  // namespace

extern const Program kInstancePublishedRelaxed{"instance-published-relaxed", Shows::kAssertion,
                                               Run<true>, Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
