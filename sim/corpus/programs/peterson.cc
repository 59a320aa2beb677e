// Peterson's lock with its two entry steps exchanged: the turn is given away before the flag is
// raised, and both threads may pass. Broken under sequential consistency, not only on weak memory.
//
// First described: G. L. Peterson, "Myths about the Mutual Exclusion Problem", 1981.
// Found by: the assertion of mutual exclusion.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Peterson {
 public:
  void Lock(int self) {
    const int other = 1 - self;
    if constexpr (kBroken) {
      turn_.store(other);
      wants_[self].store(true);
    } else {
      wants_[self].store(true);
      turn_.store(other);
    }
    while (wants_[other].load() && turn_.load() == other) std::this_thread::yield();
  }

  void Unlock(int self) { wants_[self].store(false); }

 private:
  std::atomic<bool> wants_[2] = {};
  std::atomic<int> turn_{0};
};

template <bool kBroken>
void Run() {
  Peterson<kBroken> lock;
  std::atomic<int> inside{0};
  auto enter = [&](int self) {
    lock.Lock(self);
    const int already_inside = inside.fetch_add(1);
    assert(already_inside == 0);
    inside.fetch_sub(1);
    lock.Unlock(self);
  };
  InThreads([&] { enter(0); }, [&] { enter(1); });
}

}  // namespace

extern const Program kPeterson{"peterson", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
