// A ticket lock whose number is read relaxed: who finds its own number called need not see what the
// one before did.
//
// First described: D. Reed and R. Kanodia, "Synchronization with Eventcounts and Sequencers", CACM
// 1979. Found by: assertion (an increment is lost), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <bool kBroken>
class TicketLock {
 public:
  void Lock() {
    const unsigned mine = next_.fetch_add(1, memory_order_relaxed);
    constexpr auto kOrder = kBroken ? memory_order_relaxed : memory_order_acquire;
    while (called_.load(kOrder) != mine) std::this_thread::yield();
  }
  void Unlock() { called_.store(called_.load(memory_order_relaxed) + 1, memory_order_release); }

 private:
  std::atomic<unsigned> next_{0};
  std::atomic<unsigned> called_{0};
};

template <bool kBroken>
void Run() {
  TicketLock<kBroken> lock;
  std::atomic<int> count{0};
  const auto work = [&] {
    lock.Lock();
    count.store(count.load(memory_order_relaxed) + 1, memory_order_relaxed);
    lock.Unlock();
  };
  InThreads(work, work);
  assert(count.load() == 2);
}

}  // namespace

extern const Program kTicketLockRelaxed{"ticket-lock-relaxed", Shows::kAssertion, Run<true>,
                                        Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
