// A message is published through a flag with memory_order_relaxed: nothing orders the message
// before the flag. The right version publishes with release and reads with acquire.
//
// First described: S. V. Adve and M. D. Hill, "Weak Ordering: A New Definition", 1990; in C++ terms
// by H.-J. Boehm and S. V. Adve, "Foundations of the C++ Concurrency Memory Model", 2008. Found by:
// ThreadSanitizer, when the reader sees the flag set.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  constexpr auto kPublish = kBroken ? std::memory_order_relaxed : std::memory_order_release;
  constexpr auto kObserve = kBroken ? std::memory_order_relaxed : std::memory_order_acquire;
  int message = 0;
  std::atomic<bool> published{false};
  InThreads(
      [&] {
        message = 42;
        published.store(true, kPublish);
      },
      [&] {
        if (published.load(kObserve)) assert(message == 42);
      });
}

}  // namespace

extern const Program kRelaxedPublication{"relaxed-publication", Shows::kDataRace, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus
