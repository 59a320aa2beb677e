// A consumer says that it sleeps, looks once more, and sleeps; a producer leaves its item, and
// wakes whoever says that it sleeps. Without a seq_cst fence between the store and the look on each
// side, both stores can be invisible to the other's look (store buffering), and the wake-up is
// lost.
//
// First described: seastar #1488, oneTBB #2136, brpc #3539.
// Found by: deadlock (the consumer sleeps in read with an item left for it), under c11 and tso.
#include <sys/eventfd.h>
#include <unistd.h>

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
  std::atomic<int> item{0};
  std::atomic<bool> asleep{false};
  const int wakeup = eventfd(0, EFD_CLOEXEC);
  InThreads(
      [&] {
        item.store(1, memory_order_release);
        Fence<kBroken>();
        if (asleep.load(memory_order_relaxed)) eventfd_write(wakeup, 1);
      },
      [&] {
        asleep.store(true, memory_order_relaxed);
        Fence<kBroken>();
        if (item.load(memory_order_acquire) == 0) {
          eventfd_t count;
          eventfd_read(wakeup, &count);
        }
      });
  close(wakeup);
}

}  // namespace

extern const Program kSleeperWithoutFence{"sleeper-without-fence", Shows::kDeadlock, Run<true>,
                                          Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
