// The count of owners is decremented relaxed: the last owner destroys the object without having
// seen what the others did to it. It needs acquire and release.
//
// First described: Boost.Atomic's documentation, "Reference counting".
// Found by: assertion (destroyed in an old state), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_relaxed;

struct Shared {
  std::atomic<int> owners{2};
  std::atomic<int> state{0};
};

template <bool kBroken>
void Run() {
  auto* shared = new Shared;
  const auto drop = [shared] {
    constexpr auto kOrder = kBroken ? memory_order_relaxed : std::memory_order_acq_rel;
    if (shared->owners.fetch_sub(1, kOrder) != 1) return;
    assert(shared->state.load(memory_order_relaxed) == 1);
    delete shared;
  };
  InThreads(
      [&] {
        shared->state.store(1, memory_order_relaxed);
        drop();
      },
      drop);
}

}  // namespace

extern const Program kRefcountRelaxed{"refcount-relaxed", Shows::kAssertion, Run<true>, Run<false>,
                                      Needs::kWeakMemory};

}  // namespace heddle::corpus
