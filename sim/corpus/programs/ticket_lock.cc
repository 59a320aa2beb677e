// A ticket lock whose tickets are too narrow for its threads: with one bit for three threads, two
// hold the same number and enter together.
//
// First described: D. P. Reed and R. K. Kanodia, "Synchronization with Eventcounts and Sequencers",
// 1979; the lock by J. M. Mellor-Crummey and M. L. Scott, 1991; the limit is why Linux had
// CONFIG_NR_CPUS < 256 for its byte-sized tickets (2008).
// Found by: the assertion of mutual exclusion.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

// At most `kTickets` threads may use it. `kTickets` is a power of two.
template <unsigned kTickets>
class TicketLock {
 public:
  void Lock() {
    const unsigned ticket = next_.fetch_add(1) % kTickets;
    while (serving_.load() % kTickets != ticket) std::this_thread::yield();
  }

  void Unlock() { serving_.fetch_add(1); }

 private:
  std::atomic<unsigned> next_{0};
  std::atomic<unsigned> serving_{0};
};

template <bool kBroken>
void Run() {
  TicketLock<kBroken ? 2 : 4> lock;
  std::atomic<int> inside{0};
  auto enter = [&] {
    lock.Lock();
    const int already_inside = inside.fetch_add(1);
    assert(already_inside == 0);
    inside.fetch_sub(1);
    lock.Unlock();
  };
  InThreads(enter, enter, enter);
}

}  // namespace

extern const Program kTicketLock{"ticket-lock", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
