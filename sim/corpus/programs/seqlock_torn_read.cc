// A sequence lock whose reader asks only that no write is in progress before and after, not that
// the sequence is the same: a whole write fits in between and the reader returns half of each.
//
// First described: L. Lamport, "Concurrent Reading and Writing", 1977; in Linux 2.5, 2003; the C++
// form by H.-J. Boehm, "Can Seqlocks Get Along with Programming Language Memory Models?", 2012.
// Found by: the assertion that both halves belong together.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Seqlock {
 public:
  // One writer.
  void Write(int value) {
    const unsigned sequence = sequence_.load();
    sequence_.store(sequence + 1);
    low_.store(value);
    high_.store(value);
    sequence_.store(sequence + 2);
  }

  std::pair<int, int> Read() const {
    for (;;) {
      const unsigned before = sequence_.load();
      const std::pair<int, int> value(low_.load(), high_.load());
      const unsigned after = sequence_.load();
      const bool quiet = before % 2 == 0 && after % 2 == 0;
      if (quiet && (kBroken || before == after)) return value;
      std::this_thread::yield();
    }
  }

 private:
  std::atomic<unsigned> sequence_{0};
  std::atomic<int> low_{0};
  std::atomic<int> high_{0};
};

template <bool kBroken>
void Run() {
  Seqlock<kBroken> position;
  InThreads([&] { position.Write(1); },
            [&] {
              const auto [low, high] = position.Read();
              assert(low == high);
            });
}

}  // namespace

extern const Program kSeqlockTornRead{"seqlock-torn-read", Shows::kAssertion, Run<true>,
                                      Run<false>};

}  // namespace heddle::corpus
