// A barrier that is used twice: it opens by setting its count back to zero, and a fast thread that
// comes round again raises the count before a slow one has looked. Both then wait for ever.
// The right version waits for the generation to change.
//
// First described: E. D. Brooks, "The Butterfly Barrier", and D. Hensgen, R. Finkel and U. Manber,
// "Two Algorithms for Barrier Synchronization", both 1986-88 (why a barrier needs a sense).
// Found by: deadlock.
#include <condition_variable>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}

  void Arrive() {
    std::unique_lock lock(mutex_);
    const int generation = generation_;
    if (++arrived_ == threads_) {
      arrived_ = 0;
      ++generation_;
      opened_.notify_all();
    } else if constexpr (kBroken) {
      opened_.wait(lock, [&] { return arrived_ == 0; });
    } else {
      opened_.wait(lock, [&] { return generation_ != generation; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  const int threads_;
  int arrived_ = 0;
  int generation_ = 0;
};

template <bool kBroken>
void Run() {
  Barrier<kBroken> barrier(2);
  auto rounds = [&] {
    barrier.Arrive();
    barrier.Arrive();
  };
  InThreads(rounds, rounds);
}

}  // namespace

extern const Program kBarrierReuse{"barrier-reuse", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
