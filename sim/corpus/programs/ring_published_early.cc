// A ring of several producers that reserve a cell by moving the tail and fill it afterwards: the
// consumer goes by the tail and reads a cell that is reserved and not yet filled. The right version
// publishes each cell by itself.
//
// First described: the per-cell sequence of the right version by D. Vyukov, "Bounded MPMC Queue",
// 2010.
// Found by: the assertion that what is received was sent.
#include <array>
#include <atomic>
#include <optional>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

// Takes kCells items in its lifetime: wrapping round is not what is tried here.
template <bool kBroken>
class Ring {
 public:
  static constexpr int kCells = 2;

  void Send(int item) {
    const int cell = tail_.fetch_add(1);
    cells_[cell].item.store(item);
    cells_[cell].filled.store(true);
  }

  // One consumer.
  std::optional<int> Receive() {
    if (head_ == tail_.load()) return std::nullopt;
    if (!kBroken && !cells_[head_].filled.load()) return std::nullopt;
    return cells_[head_++].item.load();
  }

 private:
  struct Cell {
    std::atomic<int> item{0};
    std::atomic<bool> filled{false};
  };

  std::array<Cell, kCells> cells_;
  std::atomic<int> tail_{0};
  int head_ = 0;
};

template <bool kBroken>
void Run() {
  Ring<kBroken> ring;
  InThreads([&] { ring.Send(1); }, [&] { ring.Send(2); },
            [&] {
              for (int received = 0; received < Ring<kBroken>::kCells;) {
                const std::optional<int> item = ring.Receive();
                if (item.has_value()) {
                  assert(*item == 1 || *item == 2);
                  ++received;
                } else {
                  std::this_thread::yield();
                }
              }
            });
}

}  // namespace

extern const Program kRingPublishedEarly{"ring-published-early", Shows::kAssertion, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus
