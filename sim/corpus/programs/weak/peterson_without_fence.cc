// Peterson's lock with release stores and acquire loads: each of two threads can miss that the
// other one wants to enter, because its own announcement is not visible yet. It needs seq_cst.
//
// First described: G. L. Peterson, "Myths About the Mutual Exclusion Problem", 1981, which assumes
// sequential consistency.
// Found by: assertion (both inside), under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
void Run() {
  constexpr auto kStore = kBroken ? memory_order_release : std::memory_order_seq_cst;
  constexpr auto kLoad = kBroken ? memory_order_acquire : std::memory_order_seq_cst;
  std::atomic<bool> wants[2] = {false, false};
  std::atomic<int> turn{0};
  std::atomic<int> inside{0};
  const auto enter = [&](int me) {
    wants[me].store(true, kStore);
    turn.store(1 - me, kStore);
    while (wants[1 - me].load(kLoad) && turn.load(kLoad) == 1 - me) std::this_thread::yield();
    assert(inside.fetch_add(1, memory_order_relaxed) == 0);
    inside.fetch_sub(1, memory_order_relaxed);
    wants[me].store(false, memory_order_release);
  };
  InThreads([&] { enter(0); }, [&] { enter(1); });
}

}  // namespace

extern const Program kPetersonWithoutFence{"peterson-without-fence", Shows::kAssertion, Run<true>,
                                           Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
