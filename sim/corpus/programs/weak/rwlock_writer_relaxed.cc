// A flag-based readers-writer lock: a reader announces itself and looks for a writer, a writer
// announces itself and looks for readers, with acquire and release only. Both can miss the other
// (store buffering); it needs seq_cst.
//
// First described: as Dekker's algorithm on x86 in Intel's manual, volume 3, section 8.2.3.4.
// Found by: assertion (a reader and a writer inside), under c11 and tso.
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
  std::atomic<bool> reads{false}, writes{false};
  std::atomic<int> value{0};
  InThreads(
      [&] {
        reads.store(true, kStore);
        if (!writes.load(kLoad)) {
          const int first = value.load(memory_order_relaxed);
          assert(value.load(memory_order_relaxed) == first);
        }
        reads.store(false, memory_order_release);
      },
      [&] {
        writes.store(true, kStore);
        if (!reads.load(kLoad)) value.store(1, memory_order_relaxed);
        writes.store(false, memory_order_release);
      });
}

}  // namespace

extern const Program kRwlockWriterRelaxed{"rwlock-writer-relaxed", Shows::kAssertion, Run<true>,
                                          Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
