// Dining philosophers: each of three takes the fork at the left, then the one at the right. When
// all hold one, nobody eats. The right version has the last philosopher reach to the right first.
//
// First described: E. W. Dijkstra, "Hierarchical Ordering of Sequential Processes", 1971.
// Found by: deadlock (with the cycle of three).
#include <array>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

constexpr int kPhilosophers = 3;

template <bool kBroken>
void Run() {
  std::array<std::mutex, kPhilosophers> forks;
  auto dine = [&](int seat) {
    int first = seat;
    int second = (seat + 1) % kPhilosophers;
    if (!kBroken && first > second) std::swap(first, second);
    std::lock_guard one(forks[first]);
    std::lock_guard other(forks[second]);
  };
  InThreads([&] { dine(0); }, [&] { dine(1); }, [&] { dine(2); });
}

}  // namespace

extern const Program kDiningPhilosophers{"dining-philosophers", Shows::kDeadlock, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus
