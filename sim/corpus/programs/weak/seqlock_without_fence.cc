// A sequence lock whose data are relaxed atomics: without a release fence behind the odd number and
// an acquire fence in front of the second look, a reader can see half of an update between two
// equal even numbers.
//
// First described: H.-J. Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?",
// MSPC 2012.
// Found by: assertion (a torn read), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
void Run() {
  std::atomic<unsigned> sequence{0};
  std::atomic<int> first{0}, second{0};
  InThreads(
      [&] {
        for (int value = 1; value <= 2; ++value) {
          const unsigned even = sequence.load(memory_order_relaxed);
          sequence.store(even + 1, memory_order_relaxed);
          if constexpr (!kBroken) std::atomic_thread_fence(memory_order_release);
          first.store(value, memory_order_relaxed);
          second.store(value, memory_order_relaxed);
          sequence.store(even + 2, memory_order_release);
        }
      },
      [&] {
        for (int attempt = 0; attempt < 3; ++attempt) {
          const unsigned before = sequence.load(memory_order_acquire);
          const int a = first.load(memory_order_relaxed);
          const int b = second.load(memory_order_relaxed);
          if constexpr (!kBroken) std::atomic_thread_fence(memory_order_acquire);
          const unsigned after = sequence.load(memory_order_relaxed);
          assert(before != after || before % 2 != 0 || a == b);
        }
      });
}

}  // namespace

extern const Program kSeqlockWithoutFence{"seqlock-without-fence", Shows::kAssertion, Run<true>,
                                          Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
