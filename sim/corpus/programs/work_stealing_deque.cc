// A work-stealing deque in which the owner takes the last item without competing for it: a thief
// that read the bottom before takes the same item.
//
// First described: D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque", 2005; the owner's
// compare-and-swap for the last item is its section 2.
// Found by: the assertion that each item is run once.
#include <array>
#include <atomic>
#include <optional>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

// Holds at most kCapacity items over its lifetime: the circular growth is not what is tried here.
template <bool kBroken>
class Deque {
 public:
  // Push and Take: the owner only.
  void Push(int item) {
    const int bottom = bottom_.load();
    items_[bottom].store(item);
    bottom_.store(bottom + 1);
  }

  std::optional<int> Take() {
    const int bottom = bottom_.load() - 1;
    bottom_.store(bottom);
    int top = top_.load();
    if (top > bottom) {
      bottom_.store(bottom + 1);
      return std::nullopt;
    }
    const int item = items_[bottom].load();
    if (top < bottom || kBroken) return item;
    // The last one: whoever moves the top has it.
    const bool won = top_.compare_exchange_strong(top, top + 1);
    bottom_.store(bottom + 1);
    return won ? std::optional(item) : std::nullopt;
  }

  // Any thread.
  std::optional<int> Steal() {
    int top = top_.load();
    if (top >= bottom_.load()) return std::nullopt;
    const int item = items_[top].load();
    if (!top_.compare_exchange_strong(top, top + 1)) return std::nullopt;
    return item;
  }

 private:
  static constexpr int kCapacity = 4;

  std::atomic<int> top_{0};
  std::atomic<int> bottom_{0};
  std::array<std::atomic<int>, kCapacity> items_{};
};

template <bool kBroken>
void Run() {
  Deque<kBroken> deque;
  std::array<std::atomic<int>, 2> runs{};
  auto run = [&](std::optional<int> item) {
    if (!item.has_value()) return false;
    const int runs_before = runs[*item].fetch_add(1);
    assert(runs_before == 0);
    return true;
  };
  for (int item : {0, 1}) deque.Push(item);
  InThreads(
      [&] {
        while (run(deque.Take())) {
        }
      },
      [&] { run(deque.Steal()); });
  assert(runs[0].load() == 1 && runs[1].load() == 1);
}

}  // namespace

extern const Program kWorkStealingDeque{"work-stealing-deque", Shows::kAssertion, Run<true>,
                                        Run<false>};

}  // namespace heddle::corpus
