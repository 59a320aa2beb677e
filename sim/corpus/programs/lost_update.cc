// Lost update: a counter is read, incremented and written back in separate steps; two increments
// that overlap count once. Every access is atomic, so there is no data race to report.
//
// First described: as an anomaly of concurrent transactions by J. N. Gray, R. A. Lorie, G. R.
// Putzolu and I. L. Traiger, "Granularity of Locks and Degrees of Consistency in a Shared Data
// Base", 1976. Found by: the assertion.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::atomic<int> hits{0};
  auto visit = [&] {
    if constexpr (kBroken) {
      hits.store(hits.load() + 1);
    } else {
      hits.fetch_add(1);
    }
  };
  InThreads(visit, visit);
  assert(hits.load() == 2);
}

}  // namespace

extern const Program kLostUpdate{"lost-update", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
